import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { LogFile } from '../../src/seed/log.ts';

test('a log file is bounded: it becomes .old and a new one begins, also after a restart', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'confab-log-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'seed.log');
  const line = (number: number) => `${String(number).padStart(99, '0')}\n`;
  const first = new LogFile(file, 1_000);
  for (let number = 0; number < 8; number += 1) first.write(line(number));
  first.close();
  first.write('after the end nothing is written\n');
  const second = new LogFile(file, 1_000);
  for (let number = 8; number < 25; number += 1) second.write(line(number));
  second.close();
  const kept = readFileSync(`${file}.old`, 'utf8') + readFileSync(file, 'utf8');
  t.is(kept, Array.from({ length: 14 }, (_, index) => line(index + 11)).join(''));
  t.true(statSync(file).size <= 1_100 && statSync(`${file}.old`).size <= 1_100);
});
