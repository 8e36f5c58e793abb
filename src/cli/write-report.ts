import { access, constants, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { reasonOf } from '../adapters/files.ts';
import { makeFolders } from '../adapters/make-folders.ts';
import { ConfabError } from '../core/errors.ts';
import { folderReason } from '../core/system-reasons.ts';
import type { TraceEvent } from '../core/trace.ts';
import { traceLine } from '../engine/trace-summary.ts';
import type { Scenario } from '../scenario/load.ts';
import { type RunReport, reportJson } from '../scenario/report.ts';
import { exportedFiles } from '../scenario/reports/exports.ts';
import { htmlReport } from '../scenario/reports/html.ts';
import { RunFacts } from '../scenario/reports/run-facts.ts';
import { shellWord, simCommand } from './repeat-command.ts';

const LATEST = 'latest';

export interface ReportedRun {
  readonly scenario: Scenario;
  readonly report: RunReport;
  readonly events: readonly TraceEvent[];
  readonly standInCrypto: boolean;
  /** Wall clock at its start: names the folder of a run on real processes. */
  readonly startedMillis: number;
}

/** Writes everything about a run into a folder of its own in `folder`, and lets `latest` point there. Gives the path of the HTML file. */
export async function writeReport(folder: string, run: ReportedRun): Promise<string> {
  const { report } = run;
  const name = report.engine === 'sim' ? `${report.scenario}-sim-seed-${report.seed}` : `${report.scenario}-local-${stampOf(run.startedMillis)}`;
  const target = join(resolve(folder), name);
  await writeReportFiles(target, run);
  await pointLatest(target);
  return join(target, 'index.html');
}

/** Makes the folder of reports before anything is played for them; throws `folder-unwritable`. */
export async function requireFolder(folder: string): Promise<void> {
  try {
    makeFolders(folder);
    await access(folder, constants.W_OK);
  } catch (error) {
    throw new ConfabError('folder-unwritable', { folder, reason: folderReason(error) });
  }
}

/** That a file can be written is known before anything is played for it; throws `folder-unwritable`. */
export async function requireWritable(file: string): Promise<void> {
  try {
    await access(dirname(resolve(file)), constants.W_OK);
    const found = await stat(file).catch(() => null);
    if (found !== null) await access(file, constants.W_OK);
    if (found?.isDirectory() === true) throw Object.assign(new Error('a folder bears that name'), { code: 'EISDIR' });
  } catch (error) {
    throw new ConfabError('folder-unwritable', { folder: file, reason: reasonOf(error) });
  }
}

/** Writes everything about a run into that folder; throws `folder-unwritable`. */
export async function writeReportFiles(target: string, run: ReportedRun): Promise<void> {
  const { scenario, report, events } = run;
  const facts = new RunFacts(events);
  const { file } = scenario;
  const crypto = run.standInCrypto ? 'stand-in' : 'real';
  const command = report.engine === 'sim' ? simCommand({ file, seed: report.seed, crypto }) : `confab run ${shellWord(file)} --engine local`;
  const hides = run.standInCrypto ? '; stand-in cryptography, which hides nothing' : '';
  const machine = `Node.js ${process.version}, ${process.platform} ${process.arch}, ${cpus().length} processors${hides}`;
  const html = htmlReport({ report, about: scenario.about, facts, command, machine });
  try {
    makeFolders(target);
    const files = new Map([
      ['index.html', html],
      ['report.json', `${reportJson(report)}\n`],
      ['trace.ndjson', events.map(traceLine).join('')],
      ...exportedFiles(report, facts),
    ]);
    for (const [file, text] of files) await writeFile(join(target, file), text);
  } catch (error) {
    throw new ConfabError('folder-unwritable', { folder: target, reason: folderReason(error) });
  }
}

/** `20260131-142501`: sorts by time. */
function stampOf(millis: number): string {
  return new Date(millis).toISOString().slice(0, 19).replace(/[-:]/g, '').replace('T', '-');
}

/** Lets `latest`, beside that folder, point at it: by a name that can be moved with the folder, and at every moment there is one. */
export async function pointLatest(target: string): Promise<void> {
  const link = join(dirname(target), LATEST);
  const fresh = `${link}.${process.pid}`;
  try {
    await symlink(basename(target), fresh, 'dir');
    await rename(fresh, link);
  } catch {
    // A folder of that name is somebody's own; where links cannot be made there is none.
    await rm(fresh, { force: true }).catch(() => {});
  }
}
