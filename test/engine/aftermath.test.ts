import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { isAlive } from '../../src/control/locate.ts';
import { until } from '../helpers/until.ts';

const AFTERMATH_MODULE = new URL('../../src/engine/aftermath.js', import.meta.url).href;
const folder = mkdtempSync(join(tmpdir(), 'confab-aftermath-'));
test.after.always(() => rmSync(folder, { recursive: true, force: true }));

/** Ends when it is asked to. */
const POLITE = 'setInterval(() => {}, 1000);';
const STUBBORN = "process.on('SIGTERM', () => {}); setInterval(() => {}, 1000);";

/** A program with three children, one of which stands still, one that ended long ago, and a folder with a file in it. */
function program(scratch: string, then: string): string {
  return `
    import { spawn } from 'node:child_process';
    import { once } from 'node:events';
    import { writeFileSync } from 'node:fs';
    import { Aftermath } from ${JSON.stringify(AFTERMATH_MODULE)};
    const aftermath = new Aftermath(1);
    const start = (text) => {
      const child = spawn(process.execPath, ['-e', text + "console.log('up')"], { stdio: ['ignore', 'pipe', 'inherit'] });
      aftermath.end(child);
      return child;
    };
    aftermath.remove(${JSON.stringify(scratch)});
    aftermath.remove('relative/paths/are/left/alone');
    const brief = start('');
    const children = [start(${JSON.stringify(POLITE)}), start(${JSON.stringify(STUBBORN)}), start(${JSON.stringify(POLITE)})];
    await Promise.all([once(brief, 'exit'), ...children.map((child) => once(child.stdout, 'data'))]);
    aftermath.wake(children[2].pid);
    children[2].kill('SIGSTOP');
    ${then}
    process.stdout.write(JSON.stringify(children.map((child) => child.pid)));
    setInterval(() => {}, 1000);`;
}

async function started(name: string, then = ''): Promise<{ child: ReturnType<typeof spawn>; pids: number[]; scratch: string }> {
  const [scratch, file] = [join(folder, name), join(folder, `${name}.mjs`)];
  mkdirSync(scratch);
  writeFileSync(join(scratch, 'kept.txt'), 'x');
  writeFileSync(file, program(scratch, then));
  const child = spawn(process.execPath, [file], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [said] = (await once(child.stdout, 'data')) as [Buffer];
  const pids = JSON.parse(said.toString()) as number[];
  return { child, pids, scratch };
}

/** A zombie whose parent is gone is reaped by somebody else, at some time. */
function ends(pid: number): boolean {
  if (!isAlive(pid)) return true;
  try {
    return / Z \d/.test(readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\)/, ''));
  } catch {
    return true;
  }
}

test('after kill -9 children end, polite, stubborn and stopped ones, and folders are gone', async (t) => {
  const { child, pids, scratch } = await started('killed');
  t.is(pids.length, 3);
  t.false(pids.some(ends));
  t.true(existsSync(join(scratch, 'kept.txt')));
  child.kill('SIGKILL');
  await until('the children are gone', () => pids.every(ends));
  await until('the folder is gone', () => !existsSync(scratch));
});

test('at once: nobody is asked, and the folder is gone when the program goes', async (t) => {
  const { child, pids, scratch } = await started('left', "process.on('SIGINT', () => { aftermath.now(); process.exit(130); });");
  child.kill('SIGINT');
  const [status] = (await once(child, 'exit')) as [number];
  t.is(status, 130);
  t.false(existsSync(scratch), 'the program itself has removed it');
  await until('the children are gone', () => pids.every(ends));
  await until('the folder is gone', () => !existsSync(scratch));
});

test("an id that may be somebody else's by now is left alone, also where its process once stood still", async (t) => {
  const scratch = join(folder, 'given-again');
  mkdirSync(scratch);
  const stranger = spawn(process.execPath, ['-e', `${POLITE}console.log('up')`], { stdio: ['ignore', 'pipe', 'inherit'] });
  t.teardown(() => stranger.kill('SIGKILL'));
  await once(stranger.stdout, 'data');
  stranger.kill('SIGSTOP');
  const state = () => / ([A-Z]) \d/.exec(readFileSync(`/proc/${stranger.pid}/stat`, 'utf8').replace(/^.*\)/, ''))?.[1];
  await until('the stranger stands still', () => state() === 'T');
  const file = join(folder, 'given-again.mjs');
  const text = `
    import { EventEmitter } from 'node:events';
    import { Aftermath } from ${JSON.stringify(AFTERMATH_MODULE)};
    const aftermath = new Aftermath(1);
    const child = Object.assign(new EventEmitter(), { pid: ${stranger.pid} });
    aftermath.end(child);
    for (let turn = 0; turn < 3; turn += 1) aftermath.wake(child.pid);
    child.emit('exit');
    aftermath.wake(child.pid);
    aftermath.gone(child.pid);
    aftermath.remove(${JSON.stringify(scratch)});`;
  writeFileSync(file, text);
  await once(spawn(process.execPath, [file], { stdio: 'inherit' }), 'exit');
  // Folders go last.
  await until('the folder is gone', () => !existsSync(scratch));
  t.is(state(), 'T');
});

test('a child whose id nobody has learned, since the program was killed while it started it, leaves no folder', async (t) => {
  const [scratch, made, file] = [join(folder, 'unseen'), join(folder, 'unseen-made'), join(folder, 'unseen.mjs')];
  mkdirSync(scratch);
  // What was there is gone before the child makes its folder.
  const late = `
    const { existsSync, mkdirSync, writeFileSync } = require('node:fs');
    const look = setInterval(() => {
      if (existsSync(${JSON.stringify(scratch)})) return;
      clearInterval(look);
      mkdirSync(${JSON.stringify(scratch)});
      writeFileSync(${JSON.stringify(made)}, '');
    }, 10);`;
  const text = `
    import { spawn } from 'node:child_process';
    import { Aftermath } from ${JSON.stringify(AFTERMATH_MODULE)};
    const aftermath = new Aftermath(3);
    aftermath.remove(${JSON.stringify(scratch)});
    aftermath.start(() => {
      spawn(process.execPath, ['-e', ${JSON.stringify(late)}], { stdio: 'ignore' });
      process.kill(process.pid, 'SIGKILL');
    });`;
  writeFileSync(file, text);
  await once(spawn(process.execPath, [file], { stdio: 'inherit' }), 'exit');
  await until('the child has made it again', () => existsSync(made));
  await until('the folder is gone', () => !existsSync(scratch));
  t.deepEqual([existsSync(made), existsSync(scratch)], [true, false]);
});
