import type { Contact } from '../../src/core/ring/circle.ts';
import { compareIds } from '../../src/core/ring/circle.ts';
import type { LookupResult } from '../../src/core/ring/ring-port.ts';
import type { RingProgram } from './ring-program.ts';
import type { RingNode } from './ring-world.ts';
import { ownerAmong, REAL, RingWorld, randomKey } from './ring-world.ts';

export interface HopFigures {
  readonly mean: number;
  readonly p99: number;
  readonly most: number;
  readonly wrong: number;
}

/** Many lookups of random keys by random members of a stable ring. */
export function hopFigures(options: {
  readonly seed: number;
  readonly nodes: number;
  readonly lookups: number;
  readonly way: 'iterative' | 'recursive';
  /** So many look-ups of each member went before, of which it remembers whom it met. */
  readonly metBefore?: number;
}): HopFigures {
  const { metBefore = 0 } = options;
  const ring = new RingWorld({ seed: options.seed, detection: REAL, locates: metBefore > 0 });
  const sorted = ring.addIdealRing(options.nodes, true).sort((a, b) => compareIds(a.contact.id, b.contact.id));
  const counts: number[] = [];
  let wrong = 0;
  for (const node of metBefore === 0 ? [] : sorted) {
    for (let count = 0; count < metBefore; count += 1) ring.program(node)?.chord.lookup(randomKey(ring.random), () => undefined);
  }
  if (metBefore > 0) ring.world.runUntil(1_000);
  for (let lookup = 0; lookup < options.lookups; lookup += 1) {
    const { chord } = ring.program(sorted[ring.random.below(sorted.length)] as RingNode) as RingProgram;
    const key = randomKey(ring.random);
    const right = ownerAmong(sorted, key);
    const done = (result: LookupResult): void => {
      counts.push(result.hops.length);
      if (result.owners[0]?.id !== right.id) wrong += 1;
    };
    if (options.way === 'iterative') chord.lookup(key, done);
    else chord.lookupRecursive(key, done);
  }
  ring.world.runUntil(ring.world.now + 3_000, () => counts.length === options.lookups);
  counts.sort((a, b) => a - b);
  const mean = counts.reduce((sum, count) => sum + count, 0) / counts.length;
  const at = (share: number): number => counts[Math.min(counts.length - 1, Math.floor(share * counts.length))] as number;
  return { mean, p99: at(0.99), most: at(1), wrong: wrong + options.lookups - counts.length };
}

export interface ChurnFigures {
  readonly lookups: number;
  /** Wrong or no answer, in 10,000. */
  readonly bad: number;
  /** The same of those that were asked once more a second later. */
  readonly badAfterRetry: number;
  readonly messagesPerNodeSecond: number;
}

/** Lookups while nodes die without warning and are replaced at once. */
export function lookupsUnderChurn(options: {
  readonly seed: number;
  readonly nodes: number;
  readonly lookups: number;
  readonly medianSessionMillis: number;
  readonly lookupEveryMillis: number;
  readonly locates?: boolean;
}): ChurnFigures {
  const ring = new RingWorld({ seed: options.seed, detection: REAL, locates: options.locates ?? false });
  ring.addIdealRing(options.nodes, true);
  ring.world.runUntil(10_000);
  const { random, world } = ring;
  const meanMillis = options.medianSessionMillis / Math.LN2 / options.nodes;
  let bad = 0;
  let badAfterRetry = 0;
  const any = (): RingProgram => {
    const members = ring.members();
    return members[random.below(members.length)] as RingProgram;
  };
  const ownerOf = (key: string): Contact =>
    ownerAmong(
      ring
        .up()
        .filter((node) => ring.program(node)?.chord.joined === true)
        .sort((a, b) => compareIds(a.contact.id, b.contact.id)),
      key,
    );
  const retries: Array<{ readonly atMillis: number; readonly key: string }> = [];
  const ask = (key: string, again: boolean): void => {
    any().chord.lookup(key, (result) => {
      if (result.owners[0]?.id === ownerOf(key).id) return;
      if (again) badAfterRetry += 1;
      else {
        bad += 1;
        retries.push({ atMillis: world.now + 1_000, key });
      }
    });
  };
  const exponential = (): number => -Math.log(1 - random.fraction()) * meanMillis;
  let nextDeath = world.now + exponential();
  const startedMessages = world.messageCount;
  const startedMillis = world.now;
  for (let lookup = 0; lookup < options.lookups; lookup += 1) {
    const until = world.now + options.lookupEveryMillis;
    while (nextDeath < until) {
      world.runUntil(nextDeath);
      ring.crash(ring.up()[random.below(ring.up().length)] as RingNode);
      const told = [any(), any(), any()].map((program) => program.self.id);
      ring.start(
        ring.add(),
        ring.nodes.filter((node) => told.includes(node.contact.id)),
      );
      nextDeath += exponential();
    }
    world.runUntil(until);
    while (retries[0] !== undefined && retries[0].atMillis <= world.now) ask((retries.shift() as { key: string }).key, true);
    ask(randomKey(random), false);
  }
  const messagesPerNodeSecond = (world.messageCount - startedMessages) / options.nodes / ((world.now - startedMillis) / 1_000);
  world.runUntil(world.now + 10_000);
  const share = 10_000 / options.lookups;
  return { lookups: options.lookups, bad: bad * share, badAfterRetry: badAfterRetry * share, messagesPerNodeSecond };
}
