import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ConfabError } from '../../core/errors.ts';
import { folderReason } from '../../core/system-reasons.ts';
import type { TraceEvent } from '../../core/trace.ts';

const FILE = 'recorded-run.json';
const ENDING = '.inputs';

/** What a run has recorded, so that a replay knows what is missing, and what is no longer as it was. */
export interface RecordedRun {
  readonly scenario: string;
  /** Of each recording by its name, SHA-256 in hex digits. */
  readonly recordings: Readonly<Record<string, string>>;
  /** How often each node was killed: so many of its recordings have no end. */
  readonly kills: Readonly<Record<string, number>>;
}

/** Names of the recordings in a folder, in order. */
export function recordingsIn(folder: string): string[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith(ENDING))
    .sort();
}

/** `alice.0002.inputs` is of alice. */
export function nodeOf(file: string): string {
  return file.replace(/\.[0-9]+\.inputs$/, '');
}

/** Throws `bad-arguments` where another run has left recordings: two runs in one folder would be taken for one. */
export function refuseRecordings(folder: string): void {
  if (recordingsIn(folder).length > 0)
    throw new ConfabError('bad-arguments', { command: 'run', reason: `${folder} holds the recordings of another run; name a new folder for --record` });
}

/** Writes down what was recorded, once all nodes have ended. */
export async function writeRecordedRun(folder: string, scenario: string, events: readonly TraceEvent[]): Promise<void> {
  const kills: Record<string, number> = {};
  for (const { node, detail } of events)
    if (detail.type === 'life' && (detail.what === 'kill' || detail.what === 'crash')) kills[node] = (kills[node] ?? 0) + 1;
  const recordings = Object.fromEntries(recordingsIn(folder).map((file) => [file, hashOf(folder, file)]));
  try {
    await writeFile(join(folder, FILE), `${JSON.stringify({ scenario, recordings, kills } satisfies RecordedRun, null, 2)}\n`, { mode: 0o600 });
  } catch (error) {
    throw new ConfabError('folder-unwritable', { folder, reason: folderReason(error) });
  }
}

/** Null where the run itself did not come to its end, or what it wrote cannot be read. */
export function readRecordedRun(folder: string): RecordedRun | null {
  try {
    const { scenario, recordings, kills } = JSON.parse(readFileSync(join(folder, FILE), 'utf8')) as Partial<RecordedRun>;
    const isWhole = typeof scenario === 'string' && typeof recordings === 'object' && typeof kills === 'object';
    return isWhole ? { scenario, recordings, kills } : null;
  } catch {
    return null;
  }
}

export function hashOf(folder: string, file: string): string {
  return createHash('sha256')
    .update(readFileSync(join(folder, file)))
    .digest('hex');
}
