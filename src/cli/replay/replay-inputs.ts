import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { toHex } from '../../core/bytes.ts';
import { ConfabError } from '../../core/errors.ts';
import type { RecordedEntry } from '../../core/host-recording.ts';
import type { Frame } from '../../core/messages.ts';
import { chatNode } from '../../core/node.ts';
import type { NodeName } from '../../core/types.ts';
import { MemoryDisk } from '../../sim/disk.ts';
import { replayInputs } from '../../sim/replayed-node.ts';
import { makeTools } from '../compose-tools.ts';
import type { CliContext } from '../context.ts';
import { type Birth, type End, readInputs } from '../input-file.ts';

interface Outcome {
  readonly file: string;
  /** `torn`: the node was killed, so that there is nothing to compare with. */
  readonly outcome: 'equal' | 'different' | 'torn';
  readonly inputs: number;
  readonly state: string;
  readonly reason: string;
}

/** Feeds every recording of a folder to a node in the simulator and compares where it ends; gives the exit status. */
export async function replayFolder(context: CliContext, folder: string): Promise<number> {
  const files = (await readdir(folder)).filter((name) => name.endsWith('.inputs')).sort();
  if (files.length === 0)
    throw new ConfabError('bad-arguments', { command: 'replay', reason: `${folder} holds no recordings (confab run --record makes them)` });
  const disks = new Map<string, MemoryDisk>();
  const outcomes = files.map((file) => replayFile(join(folder, file), file, disks));
  const different = outcomes.filter(({ outcome }) => outcome === 'different');
  if (context.json)
    context.printJson({ nodes: outcomes.length, equal: outcomes.filter(({ outcome }) => outcome === 'equal').length, different: different.length, outcomes });
  else {
    for (const { file, outcome, inputs, state, reason } of outcomes)
      context.print(`${outcome.padEnd(9)} ${file.padEnd(24)} ${String(inputs).padStart(8)} inputs  state ${state.slice(0, 16)}  ${reason}`.trimEnd());
    const equal = outcomes.filter(({ outcome }) => outcome === 'equal').length;
    context.print(`${equal} of ${outcomes.length} recordings end in the same state in the simulator, by state hash and by all that was sent`);
  }
  return different.length > 0 ? 1 : 0;
}

function replayFile(path: string, file: string, disks: Map<string, MemoryDisk>): Outcome {
  const { crypto, codec } = makeTools();
  const items = readInputs(path, codec);
  const [first] = items;
  if (first?.[0] !== 'birth') return { file, outcome: 'torn', inputs: 0, state: '', reason: 'it has no beginning' };
  const birth = (first as readonly ['birth', Birth])[1];
  const end = items.at(-1)?.[0] === 'end' ? (items.at(-1) as readonly ['end', End])[1] : null;
  const entries = items.slice(1, end === null ? undefined : -1) as RecordedEntry[];
  // A node that was started again goes on from its own disk.
  const disk = disks.get(birth.name) ?? new MemoryDisk();
  disks.set(birth.name, disk);
  try {
    const replayed = replayInputs<Frame>({ ...birth, name: birth.name as NodeName, crypto, codec, disk }, entries, (env) => chatNode(env, birth.settings));
    const [state, sent] = [toHex(replayed.state), toHex(replayed.sent)];
    if (end === null) return { file, outcome: 'torn', inputs: replayed.inputs, state, reason: 'it was killed: there is nothing to compare with' };
    const same = state === end.state && sent === end.sent;
    const reason = same ? '' : state === end.state ? 'it sent other frames' : `the real one ended in ${end.state.slice(0, 16)}`;
    return { file, outcome: same ? 'equal' : 'different', inputs: replayed.inputs, state, reason };
  } catch (error) {
    return {
      file,
      outcome: end === null ? 'torn' : 'different',
      inputs: entries.length,
      state: '',
      reason: error instanceof Error ? error.message : String(error),
    };
  }
}
