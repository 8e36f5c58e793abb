import { statSync } from 'node:fs';
import { join } from 'node:path';
import { toHex } from '../../core/bytes.ts';
import type { Env, Program } from '../../core/env.ts';
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
import { loadConduct } from '../load-conduct.ts';
import { loadProgram } from '../load-program.ts';
import { foundDisk } from './found-disk.ts';
import { hashOf, nodeOf, type RecordedRun, readRecordedRun, recordingsIn } from './recorded-run.ts';

interface Outcome {
  readonly file: string;
  /** `torn`: the node was killed and not started again, so that there is nothing to compare with. */
  outcome: 'equal' | 'different' | 'torn' | 'missing';
  readonly inputs: number;
  readonly state: string;
  reason: string;
}

/** Feeds every recording of a folder to a node in the simulator and compares where it ends; gives the exit status. */
export async function replayFolder(context: CliContext, folder: string): Promise<number> {
  const files = recordingsIn(folder);
  if (files.length === 0)
    throw new ConfabError('bad-arguments', { command: 'replay', reason: `${folder} holds no recordings (confab run --record makes them)` });
  const run = readRecordedRun(folder);
  const trails = new Map<string, Trail>();
  const outcomes: Outcome[] = [];
  for (const file of files) outcomes.push(await replayFile(join(folder, file), file, trails));
  if (run !== null) compareWithRun(folder, run, outcomes);
  const count = (wanted: Outcome['outcome']) => outcomes.filter(({ outcome }) => outcome === wanted).length;
  const [equal, different, missing] = [count('equal'), count('different'), count('missing')];
  if (context.json) context.printJson({ nodes: outcomes.length, equal, different, missing, complete: run !== null, outcomes });
  else {
    for (const { file, outcome, inputs, state, reason } of outcomes)
      context.print(`${outcome.padEnd(9)} ${file.padEnd(24)} ${String(inputs).padStart(8)} inputs  state ${state.slice(0, 16)}  ${reason}`.trimEnd());
    if (run === null) context.print('the run that recorded this did not come to its end, or the folder is not whole: nobody knows what is missing');
    context.print(`${equal} of ${outcomes.length} recordings end in the same state in the simulator, by state hash and by all that was sent`);
  }
  return different + missing > 0 || equal === 0 ? 1 : 0;
}

/** What the run says of its recordings: those that are gone, changed since, or cut off although nobody killed their nodes. */
function compareWithRun(folder: string, run: RecordedRun, outcomes: Outcome[]): void {
  const torn = new Map<string, number>();
  for (const outcome of outcomes) {
    const { file } = outcome;
    const wanted = run.recordings[file];
    if (wanted !== undefined && hashOf(folder, file) !== wanted) {
      outcome.reason = `the file was changed, or cut off, since it was recorded${outcome.reason === '' ? '' : ` (${outcome.reason})`}`;
      outcome.outcome = 'different';
    } else if (wanted === undefined) {
      outcome.reason = 'it is of another run';
      outcome.outcome = 'different';
    } else if (outcome.outcome === 'torn') {
      const node = nodeOf(file);
      const count = (torn.get(node) ?? 0) + 1;
      torn.set(node, count);
      if (count <= (run.kills[node] ?? 0)) continue;
      outcome.reason = 'its node did not end in order, though nobody killed it: there is nothing to compare with';
      outcome.outcome = 'different';
    }
  }
  const found = new Set(outcomes.map(({ file }) => file));
  for (const file of Object.keys(run.recordings))
    if (!found.has(file)) outcomes.push({ file, outcome: 'missing', inputs: 0, state: '', reason: 'the run has recorded it, and it is not here' });
  outcomes.sort((one, other) => (one.file < other.file ? -1 : 1));
}

/** What the lives of one node left, as far as they were replayed. */
interface Trail {
  left: readonly MemoryDisk[];
  /** The life before, when it was killed: what the next one finds says whether its replay was right. */
  killed: Outcome | null;
}

async function replayFile(path: string, file: string, trails: Map<string, Trail>): Promise<Outcome> {
  const tools = makeTools();
  const items = readInputs(path, tools.codec);
  const [first] = items;
  const nothing = { file, inputs: 0, state: '' };
  if (items.length === 0 && statSync(path).size === 0) return { ...nothing, outcome: 'torn', reason: 'its node was killed before anything was written down' };
  if (first?.[0] !== 'birth') return { ...nothing, outcome: 'different', reason: 'it has no beginning, so it is no recording, or a damaged one' };
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
    const make = await maker(birth);
    const replayed = replayInputs<Frame>(parts, entries, make);
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

/** The node that was recorded: a chat node, one that does not play by the rules, or a program of one's own. */
async function maker({ runs, settings }: Birth): Promise<(env: Env<Frame>) => Program<Frame>> {
  const { program, conduct } = runs;
  if (program !== null) {
    const [module, { labNode }] = [await loadProgram(program, program), await import('../../lab/lab-node.ts')];
    return (env) => labNode(env, settings.network, module.program);
  }
  const chat = conduct === null ? chatNode : await loadConduct(conduct);
  return (env) => chat(env, settings);
}
