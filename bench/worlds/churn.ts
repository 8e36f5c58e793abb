import { type KeyedOptions, KeyedWorld } from './keyed-world.ts';
import { keysOf, note, noteKey } from './notes.ts';
import type { RingNode } from './ring-world.ts';

export interface ChurnOptions {
  readonly seed: number;
  readonly nodes: number;
  readonly keys: number;
  readonly millis: number;
  readonly medianSessionMillis: number;
  readonly world: Omit<KeyedOptions, 'seed'>;
}

export interface ChurnOutcome {
  readonly stored: number;
  readonly deaths: number;
  /** Keys of which no copy is left anywhere. */
  readonly lost: number;
  /** Keys without a copy at every one of their K holders, after a minute of quiet. */
  readonly incomplete: number;
  readonly messagesPerNodeSecond: number;
}

/** Nodes die without warning, their copies with them, and each is replaced by a new one at once. Sessions are exponential. */
export function churn(options: ChurnOptions): ChurnOutcome {
  const keyed = new KeyedWorld({ seed: options.seed, ...options.world });
  const { ring } = keyed;
  const nodes = ring.addIdealRing(options.nodes, true);
  keyed.run(2_000);
  const keys = new Set<string>();
  for (let index = 0; index < options.keys; index += 1) {
    const owner = keysOf(`${options.seed}/${index}`);
    keys.add(noteKey(owner));
    keyed.put(nodes[index % nodes.length] as RingNode, note(owner, { sequence: 1 }));
  }
  keyed.run(15_000);
  const stored = [...keys].filter((key) => keyed.keysAlive().has(key)).length;
  const meanMillis = options.medianSessionMillis / Math.LN2;
  const from = ring.world.messageCount;
  let deaths = 0;
  const until = ring.world.now + options.millis;
  while (ring.world.now < until) {
    keyed.run((-Math.log(1 - ring.random.fraction()) * meanMillis) / options.nodes);
    const up = ring.up();
    ring.crash(up[ring.random.below(up.length)] as RingNode);
    deaths += 1;
    const members = ring.members();
    const told = Array.from({ length: 3 }, () => members[ring.random.below(members.length)]);
    ring.start(
      ring.add(),
      ring.nodes.filter((node) => told.some((program) => program?.self.id === node.contact.id)),
    );
  }
  const messagesPerNodeSecond = (ring.world.messageCount - from) / options.nodes / (options.millis / 1_000);
  keyed.run(60_000);
  const alive = keyed.keysAlive();
  const lost = [...keys].filter((key) => !alive.has(key)).length;
  const incomplete = [...keys].filter((key) => alive.has(key) && !isComplete(keyed, key)).length;
  return { stored, deaths, lost, incomplete, messagesPerNodeSecond };
}

function isComplete(keyed: KeyedWorld, key: string): boolean {
  const holders = new Set(keyed.holdersOf(key));
  return keyed.rightHoldersOf(key).every((name) => holders.has(name));
}
