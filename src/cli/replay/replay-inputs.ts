import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { toHex } from '../../core/bytes.ts';
import { ConfabError } from '../../core/errors.ts';
import type { RecordedEntry } from '../../core/host-recording.ts';
import type { Frame } from '../../core/messages.ts';
import { chatNode } from '../../core/node.ts';
import type { NodeName } from '../../core/types.ts';
import type { MemoryDisk } from '../../sim/disk.ts';
import { replayInputs } from '../../sim/replayed-node.ts';
import { makeTools } from '../compose-tools.ts';
import type { CliContext } from '../context.ts';
import { type Birth, type End, INPUTS_FORMAT, readInputs } from '../input-file.ts';
import { foundDisk } from './found-disk.ts';

interface Outcome {
  readonly file: string;
  /** `torn`: the node was killed and not started again, so that there is nothing to compare with. */
  outcome: 'equal' | 'different' | 'torn';
  readonly inputs: number;
  readonly state: string;
  reason: string;
}

/** Feeds every recording of a folder to a node in the simulator and compares where it ends; gives the exit status. */
export async function replayFolder(context: CliContext, folder: string): Promise<number> {
  const files = (await readdir(folder)).filter((name) => name.endsWith('.inputs')).sort();
  if (files.length === 0)
    throw new ConfabError('bad-arguments', { command: 'replay', reason: `${folder} holds no recordings (confab run --record makes them)` });
  const trails = new Map<string, Trail>();
  const outcomes = files.map((file) => replayFile(join(folder, file), file, trails));
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

/** What the lives of one node left, as far as they were replayed. */
interface Trail {
  left: readonly MemoryDisk[];
  /** The life before, when it was killed: what the next one finds says whether its replay was right. */
  killed: Outcome | null;
}

function replayFile(path: string, file: string, trails: Map<string, Trail>): Outcome {
  const tools = makeTools();
  const items = readInputs(path, tools.codec);
  const [first] = items;
  if (first?.[0] !== 'birth') return { file, outcome: 'torn', inputs: 0, state: '', reason: 'it has no beginning' };
  const birth = first[1] as Birth;
  const last = items.at(-1);
  const end = last?.[0] === 'end' ? (last[1] as End) : null;
  const entries = items.slice(1, end === null ? undefined : -1) as RecordedEntry[];
  const failed = (reason: string): Outcome => ({ file, outcome: 'different', inputs: entries.length, state: '', reason });
  if (birth.format !== INPUTS_FORMAT) return failed('it was recorded by another version of Confab');
  const trail = trails.get(birth.name) ?? { left: [], killed: null };
  trails.set(birth.name, trail);
  const found = foundDisk(trail.left, birth, entries, tools);
  if (found === null) return failed('it found something else on its disk than the replay of its last life has');
  if (trail.killed !== null && found.lost) trail.killed.reason = 'it was killed and its disk was lost: there is nothing to compare with';
  else if (trail.killed !== null) {
    trail.killed.outcome = 'equal';
    trail.killed.reason = 'killed; the next life found what the replay has';
  }
  trail.killed = null;
  try {
    const parts = { ...birth, ...tools, name: birth.name as NodeName, disk: found.disk, torn: end === null };
    const replayed = replayInputs<Frame>(parts, entries, (env) => chatNode(env, birth.settings));
    trail.left = replayed.left;
    const [state, sent] = [toHex(replayed.state), toHex(replayed.sent)];
    const common = { file, inputs: replayed.inputs, state };
    if (end === null) {
      trail.killed = { ...common, outcome: 'torn', reason: 'it was killed and did not come back: there is nothing to compare with' };
      return trail.killed;
    }
    const same = state === end.state && sent === end.sent;
    const reason = same ? '' : state === end.state ? 'it sent other frames' : `the real one ended in ${end.state.slice(0, 16)}`;
    return { ...common, outcome: same ? 'equal' : 'different', reason };
  } catch (error) {
    return failed(error instanceof Error ? error.message : String(error));
  }
}
