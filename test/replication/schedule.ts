import { type KeyedOptions, KeyedWorld } from '../../bench/worlds/keyed-world.ts';
import { keysOf, NOTES, note, noteKey } from '../../bench/worlds/notes.ts';
import { REAL, type RingNode } from '../../bench/worlds/ring-world.ts';
import type { KeyPair } from '../../src/core/capabilities.ts';
import type { Stored } from '../../src/core/replication/replication-port.ts';

/** Somebody who writes new versions of one value, and what was acknowledged of them. */
export interface Writer {
  readonly keys: KeyPair;
  sequence: number;
  /** The highest sequence that was acknowledged, and whether it was a deletion. */
  acknowledged: number;
  deletedAt: number;
}

const OWNERS = 20;
/** Longer than it takes to notice a death and to copy what it held. */
export const REPAIR_MILLIS = 8_000;

/** A random schedule of writes, deletions, deaths of fewer than K neighbours, returns with old copies, joins, cuts. Null, or what went wrong. */
export function scheduleBreaks(seed: number, options: Omit<KeyedOptions, 'seed'> = {}): string | null {
  const keyed = new KeyedWorld({ seed, detection: REAL, ...options });
  const { ring } = keyed;
  const { random } = ring;
  const writers: Writer[] = Array.from({ length: OWNERS }, (_, index) => ({ keys: keysOf(`${seed}/${index}`), sequence: 0, acknowledged: 0, deletedAt: 0 }));
  ring.addIdealRing(10 + random.below(6), true);
  const any = <Item>(items: readonly Item[]): Item => items[random.below(items.length)] as Item;
  const write = (): void => {
    const writer = any(writers);
    writer.sequence += 1;
    const { sequence } = writer;
    const deleted = random.fraction() < 0.25;
    keyed.at(any(ring.up())).put(note(writer.keys, { sequence, deleted, text: `${sequence}` }), (progress) => {
      if (progress.state !== 'held' && progress.state !== 'complete') return;
      writer.acknowledged = Math.max(writer.acknowledged, sequence);
      if (deleted) writer.deletedAt = Math.max(writer.deletedAt, sequence);
    });
  };
  let calmAtMillis = 0;
  for (let step = 0; step < 60; step += 1) {
    keyed.run(800 * random.fraction());
    const what = random.fraction();
    const idle = ring.nodes.filter((node) => ring.program(node) === null);
    if (what < 0.6) write();
    else if (what < 0.75 && ring.world.now >= calmAtMillis && ring.up().length > 8) {
      // Two neighbours: a majority of four holders is three.
      const sorted = keyed.sorted();
      const first = random.below(sorted.length);
      for (const step of [0, 1].slice(0, 1 + random.below(2))) ring.crash(sorted[(first + step) % sorted.length] as RingNode);
      calmAtMillis = ring.world.now + REPAIR_MILLIS;
    } else if (what < 0.85 && idle.length > 0) ring.start(any(idle), [any(ring.up()), any(ring.up()), any(ring.up())]);
    else if (what < 0.9) ring.start(ring.add(), [any(ring.up()), any(ring.up())]);
    else if (what < 0.95 && ring.world.now >= calmAtMillis) {
      const side = ring
        .up()
        .slice(0, 2 + random.below(4))
        .map((node) => node.contact.name);
      const rest = ring.nodes.map((node) => node.contact.name).filter((name) => !side.includes(name));
      ring.world.rules = [{ id: 'cut', kind: 'cut', from: side, to: rest, oneWay: false }];
      calmAtMillis = Number.POSITIVE_INFINITY;
    } else if (ring.world.rules.length > 0) {
      ring.world.rules = [];
      calmAtMillis = ring.world.now + 2 * REPAIR_MILLIS;
    }
  }
  ring.world.rules = [];
  keyed.run(100_000);
  if (ring.notIdeal() !== null) return `seed ${seed}: ${ring.notIdeal()}`;
  for (const writer of writers) {
    const wrong = wrongAtQuiet(keyed, writer, any(ring.up()));
    if (wrong !== null) return `seed ${seed}: ${wrong}`;
  }
  return null;
}

/** What is wrong with the value of a writer when all is at rest, or null: D1, D3, D4, and nothing deleted has come back. */
export function wrongAtQuiet(keyed: KeyedWorld, writer: Writer, reader: RingNode): string | null {
  if (writer.acknowledged === 0) return null;
  const key = noteKey(writer.keys);
  const read = keyed.get(reader, { key, kind: 'note' }).values[0];
  if (read === undefined) return `D3: a write that was acknowledged (${writer.acknowledged}) is gone`;
  if (read.about.sequence < writer.acknowledged) return `D3/D4: ${writer.acknowledged} was acknowledged, and ${read.about.sequence} is read`;
  if (writer.deletedAt === writer.sequence && !read.about.deleted) return 'a deleted value has come back';
  const right = keyed.rightHoldersOf(key);
  const holders = keyed.holdersOf(key);
  if (right.join() !== holders.join()) return `D1: held by ${holders.join()} instead of ${right.join()}`;
  for (const node of keyed.ring.up()) {
    const copy = keyed.at(node).copies.find((each) => each.about.key === key);
    const stale = copy !== undefined && sequenceOf(keyed.at(node).read(copy)) !== read.about.sequence;
    if (stale) return `D4: ${node.contact.name} has another version`;
  }
  return null;
}

function sequenceOf(value: Stored | undefined): number {
  const about = value === undefined ? 'gone' : NOTES.inspect(value.bytes);
  return typeof about === 'string' ? -1 : about.sequence;
}
