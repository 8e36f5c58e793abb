import test from 'ava';
import { Lookup } from '../../src/core/directory/lookup.ts';
import type { Link } from '../../src/core/link/link.ts';
import { CORE_OPTIONS } from '../../src/core/options.ts';
import type { Parts } from '../../src/core/parts.ts';
import { SeededRandom } from '../../src/sim/random.ts';

interface Asked {
  readonly millis: number;
  readonly hops: number;
  readonly peer: number;
}

/** A node in a crowd that is linked with some peers, usually one, and looks for a name that it does not know. */
class Asker {
  now = 0;
  due = Number.POSITIVE_INFINITY;
  #search = '';
  readonly asked: Asked[] = [];
  /** When the look-up came back, ms. */
  readonly ended: number[] = [];
  /** Nobody knows: that is what the ring says, or that nobody there could be reached; and the seed server, or that it is away. */
  ring: (heard: boolean) => void = () => undefined;
  seed: (ok: boolean) => void = () => undefined;
  readonly lookup: Lookup;

  constructor(seedServer: boolean, peers = 1) {
    const now = () => this.now;
    const up = Array.from({ length: peers }, () => ({ established: true }) as Link);
    const parts = {
      env: {
        get monotonicMillis() {
          return now();
        },
        random: new SeededRandom('lookup'),
        setTimer: (_kind: string, key: string, delayMillis: number) => {
          this.#search = key;
          this.due = this.now + delayMillis;
        },
        cancelTimer: () => (this.due = Number.POSITIVE_INFINITY),
      },
      options: CORE_OPTIONS,
      settings: { seedServer },
      view: { userNamed: () => null },
      sync: { crowd: true },
      links: {
        upLinks: () => up,
        send: (link: Link, { hops }: { hops: number }) => this.asked.push({ millis: this.now, hops, peer: up.indexOf(link) }) > 0,
      },
      directory: { findName: (_name: string, done: (found: { user: null; heard: boolean }) => void) => (this.ring = (heard) => done({ user: null, heard })) },
      seed: {
        joining: false,
        call: (_operation: string, _body: unknown, done: (result: { ok: boolean; value: unknown }) => void) =>
          (this.seed = (ok) => done({ ok, value: { records: [] } })),
      },
    };
    this.lookup = new Lookup(parts as unknown as Parts);
    this.lookup.find('bob', () => this.ended.push(this.now));
  }

  passTo(millis: number): void {
    while (this.due <= millis) {
      this.now = this.due;
      this.due = Number.POSITIVE_INFINITY;
      this.lookup.timer(this.#search);
    }
    this.now = millis;
  }
}

const NAME = CORE_OPTIONS.nameQueryMillis;
const far = ({ asked }: Asker): number | undefined => asked.find(({ hops }) => hops > 1)?.millis;

test('peers who pass a question on have their time, however late they are asked', (t) => {
  // Without a seed server, by when the ring says that it knows nobody: before the others had their time, and after.
  for (const ringMillis of [NAME - 10, NAME + 10]) {
    const asker = new Asker(false);
    asker.passTo(ringMillis);
    asker.ring(true);
    const farMillis = Math.min(ringMillis, NAME);
    t.is(far(asker), farMillis);
    asker.passTo(farMillis + NAME - 1);
    t.deepEqual(asker.ended, []);
    asker.passTo(farMillis + NAME);
    t.deepEqual(asker.ended, [farMillis + NAME]);
  }
});

test('where the seed server turns out to be away, peers pass the question on', (t) => {
  const asker = new Asker(true);
  asker.passTo(100);
  asker.ring(true);
  asker.passTo(NAME * 3);
  t.is(far(asker), undefined);
  t.deepEqual(asker.ended, []);
  asker.seed(false);
  t.is(far(asker), NAME * 3);
  asker.passTo(NAME * 5);
  t.deepEqual(asker.ended, [NAME * 4]);
});

test('a look-up ends although the ring never answers, and what the seed server says of a name is the last word', (t) => {
  const slow = new Asker(false);
  slow.passTo(60_000);
  t.deepEqual(slow.ended, [NAME + CORE_OPTIONS.ringNameMillis]);
  const told = new Asker(true);
  told.passTo(100);
  told.ring(true);
  told.seed(true);
  told.passTo(60_000);
  t.deepEqual(told.ended, [NAME]);
  t.is(far(told), undefined);
});

test('a few peers are asked at first, and the rest where neither they nor the ring know', (t) => {
  const { lookupFanout } = CORE_OPTIONS;
  const peers = lookupFanout + 6;
  const near = ({ asked }: Asker): Asked[] => asked.filter(({ hops }) => hops === 1);
  const alone = new Asker(false, peers);
  alone.passTo(NAME - 10);
  t.is(near(alone).length, lookupFanout);
  alone.ring(true);
  t.is(new Set(near(alone).map(({ peer }) => peer)).size, peers, 'each once');
  t.is(near(alone).length, peers);
  t.is(near(alone).at(-1)?.millis, NAME - 10);
  // The ring is silent: they are not kept waiting for it.
  const slow = new Asker(false, peers);
  slow.passTo(NAME);
  t.is(near(slow).length, peers);
  // The seed server knows who has the name, or that nobody has: nobody else need be asked, but for those who answer in time.
  const told = new Asker(true, peers);
  told.passTo(100);
  told.ring(true);
  t.is(near(told).length, lookupFanout);
  told.seed(false);
  t.is(near(told).length, peers);
  told.passTo(60_000);
  t.is(told.ended.length, 1);
});
