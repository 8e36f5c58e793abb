/**
 * Tortures a network of real processes: `node dist/test/faults/torture-main.js [--minutes 1] [--seed 1] [--runs 1] [--verbose]`.
 * Each run takes one seed more. Exit status 1 when anything was lost, doubled, disordered or claimed wrongly.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { torture } from './torture.ts';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '1' },
    seed: { type: 'string', default: '1' },
    runs: { type: 'string', default: '1' },
    verbose: { type: 'boolean', default: false },
  },
});
const first = Number(values.seed);
for (let seed = first; seed < first + Number(values.runs); seed += 1) await playSeed(seed);

async function playSeed(seed: number): Promise<void> {
  const root = mkdtempSync(join(tmpdir(), 'confab-torture-'));
  const begun = performance.now();
  const say = (line: string) => {
    if (values.verbose) console.log(`${((performance.now() - begun) / 1000).toFixed(1).padStart(7)} ${line}`);
  };
  const report = await torture({ root, seed, millis: Number(values.minutes) * 60_000, say });
  const { problems, ...figures } = report;
  console.log(JSON.stringify({ seed, minutes: Number(values.minutes), ...figures, restMillis: Math.round(report.restMillis) }));
  if (problems.length === 0) return rmSync(root, { recursive: true, force: true });
  process.exitCode = 1;
  for (const problem of problems) console.log(`  ${problem}`);
  console.log(`  files left in ${root}; again: node dist/test/faults/torture-main.js --minutes ${values.minutes} --seed ${seed} --verbose`);
}
