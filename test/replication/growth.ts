import { type KeyedOptions, KeyedWorld } from '../../bench/worlds/keyed-world.ts';
import { keysOf, note, noteKey } from '../../bench/worlds/notes.ts';
import type { RingNode } from '../../bench/worlds/ring-world.ts';

export interface PlacementOutcome {
  /** Keys that nobody holds any more. */
  readonly lost: number;
  /** Keys that one of the K nodes which should hold them lacks. */
  readonly incomplete: number;
  /** Copies at nodes where they do not belong. */
  readonly misplaced: number;
}

interface GrowthOptions extends KeyedOptions {
  /** Nodes that hold the keys at first. */
  readonly before: number;
  readonly added: number;
  readonly keys: number;
  readonly quietMillis: number;
}

/** A small ring with keys, and the nodes in it. */
function ringWithKeys(options: GrowthOptions): { readonly keyed: KeyedWorld; readonly nodes: readonly RingNode[]; readonly keys: readonly string[] } {
  const keyed = new KeyedWorld(options);
  const nodes = keyed.ring.addIdealRing(options.before, true);
  keyed.run(2_000);
  const keys: string[] = [];
  for (let index = 0; index < options.keys; index += 1) {
    const owner = keysOf(`${index}`);
    keys.push(noteKey(owner));
    keyed.put(nodes[index % nodes.length] as RingNode, note(owner, { sequence: 1 }));
  }
  keyed.run(5_000);
  return { keyed, nodes, keys };
}

function placement(keyed: KeyedWorld, keys: readonly string[]): PlacementOutcome {
  let lost = 0;
  let incomplete = 0;
  let misplaced = 0;
  for (const key of keys) {
    const holders = keyed.holdersOf(key);
    const right = keyed.rightHoldersOf(key);
    if (holders.length === 0) lost += 1;
    else if (right.some((name) => !holders.includes(name))) incomplete += 1;
    misplaced += holders.filter((name) => !right.includes(name)).length;
  }
  return { lost, incomplete, misplaced };
}

/** Many nodes join a small ring at once; then a while of quiet. */
export function massJoin(options: GrowthOptions): PlacementOutcome {
  const { keyed, nodes, keys } = ringWithKeys(options);
  for (let index = 0; index < options.added; index += 1) keyed.ring.start(keyed.ring.add(), [nodes[index % nodes.length] as RingNode]);
  keyed.run(options.quietMillis);
  return placement(keyed, keys);
}

/** A small ring with keys meets a large one that never knew it, so that most keys get owners with no neighbour who has them. */
export function ringsMeet(options: GrowthOptions): PlacementOutcome {
  const { keyed, nodes, keys } = ringWithKeys(options);
  const others = keyed.ring.addIdealRing(options.added, true);
  keyed.run(2_000);
  const [told] = nodes as [RingNode];
  told.told = [...told.told, (others[0] as RingNode).contact];
  keyed.ring.program(told)?.chord.membersChanged();
  keyed.run(options.quietMillis);
  if (keyed.ring.notIdeal() !== null) throw new Error(`the rings did not become one: ${keyed.ring.notIdeal()}`);
  return placement(keyed, keys);
}
