import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import test from 'ava';
import { runCli, temporaryRoot } from '../cli/run-cli.ts';

const folder = fileURLToPath(new URL('../../../examples', import.meta.url));
const ENGINES = ['sim', 'local'] as const;

interface Report {
  readonly verdict: string;
  readonly checks: ReadonlyArray<{ readonly number: string; readonly check: string; readonly ok: boolean; readonly judged: boolean }>;
}

async function play(file: string, engine: string, seed = 1): Promise<Report> {
  const ran = await runCli(['--json', 'run', file, '--engine', engine, '--seed', String(seed)]);
  requireReport(ran.out, ran.err);
  return JSON.parse(ran.out) as Report;
}

function requireReport(out: string, err: string): void {
  if (!out.startsWith('{')) throw new Error(out + err);
}

for (const engine of ENGINES) {
  test(`the anomalies of the naive chat are seen, ${engine}`, async (t) => {
    const report = await play(join(folder, 'naive-chat/scenario.yaml'), engine);
    t.is(report.verdict, 'fail');
    const broken = report.checks.filter((check) => !check.ok).map((check) => check.check);
    t.deepEqual(broken.sort(), ['no-message-lost', 'no-message-twice', 'nothing-overwritten']);
  });

  test(`rumours reach everybody once, ${engine}`, async (t) => {
    const report = await play(join(folder, 'gossip/scenario.yaml'), engine);
    t.is(report.verdict, 'pass');
    t.true(report.checks.find((check) => check.check === 'everybody-hears')?.judged);
  });
}

test("a program of one's own: made, tested, played on both engines, and not made over another", async (t) => {
  const made = join(await temporaryRoot(t), "a student's own");
  const first = await runCli(['new', made]);
  t.is(first.status, 0, first.err);
  for (const engine of ENGINES) {
    const report = await play(join(made, 'scenario.yaml'), engine);
    t.is(report.verdict, 'pass', engine);
    t.true(report.checks.find((check) => check.check === 'once-on-every-screen')?.judged);
  }
  const { scripts } = JSON.parse(readFileSync(join(made, 'package.json'), 'utf8')) as { readonly scripts: Readonly<Record<string, string>> };
  const simulated = await promisify(execFile)('sh', ['-c', scripts['sim'] ?? 'false'], { cwd: made });
  t.regex(simulated.stdout, /PASS +flooding-chat/);
  const tests = await promisify(execFile)(process.execPath, ['--test'], {
    cwd: made,
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  t.regex(tests.stdout, /pass 3/);
  const again = await runCli(['new', made]);
  t.is(again.status, 2);
  t.regex(again.err, /is not empty/);
});
