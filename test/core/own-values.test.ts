import test from 'ava';
import { OwnValues } from '../../src/core/directory/own-values.ts';
import { CORE_OPTIONS } from '../../src/core/options.ts';
import type { Parts } from '../../src/core/parts.ts';
import type { VerifiedRecord } from '../../src/core/records.ts';
import type { WriteProgress } from '../../src/core/replication/writes.ts';
import type { NodeId } from '../../src/core/types.ts';
import { SeededRandom } from '../../src/sim/random.ts';

/** The longest wait of the rounds in which presence is said again. */
const PAUSE_MILLIS_MAX = CORE_OPTIONS.ownValuesMillis * 1.25;

const signed = { bytes: new Uint8Array(1), signature: new Uint8Array(64) };

/** When presence is put on the ring within half an hour whose neighbours change at these times, ms. */
function putsWith(changes: readonly number[], seed: string): number[] {
  return halfHour(seed, changes, (values) => values.ringChanged()).puts;
}

/** The same, and when the ring is asked whose the name is, where something else happens at these times. */
function halfHour(
  seed: string,
  changes: readonly number[],
  change: (values: OwnValues, at: number) => void,
): { readonly puts: number[]; readonly looks: number[] } {
  let now = 0;
  let due = Number.POSITIVE_INFINITY;
  const puts: number[] = [];
  const looks: number[] = [];
  const parts = {
    env: {
      get monotonicMillis() {
        return now;
      },
      random: new SeededRandom(seed),
      setTimer: (_kind: string, _key: string, delayMillis: number) => {
        due = now + delayMillis;
      },
    },
    options: CORE_OPTIONS,
    settings: { user: 'alice' },
    session: { open: { userId: 'alice', secrets: null }, userRecord: () => null },
    ring: { chord: { joined: true, sizeGuess: 10 } },
    view: { presenceOf: () => ({ signed }) },
    directory: {
      findName: (_name: string, done: (named: object) => void) => {
        looks.push(now);
        done({ user: null, heard: true });
      },
    },
    replication: { put: () => void puts.push(now) },
  };
  const values = new OwnValues(parts as unknown as Parts);
  values.sessionOpened();
  for (const until of [...changes, 1_800_000]) {
    while (due <= until) {
      now = due;
      due = Number.POSITIVE_INFINITY;
      values.timer('');
    }
    now = until;
    if (now < 1_800_000) change(values, now);
  }
  return { puts: [...puts, now], looks };
}

test('presence is said again in time, however often and whenever neighbours on the ring change', (t) => {
  for (let seed = 0; seed < 40; seed += 1) {
    const random = new SeededRandom(`changes ${seed}`);
    const changes = Array.from({ length: seed }, () => random.fraction() * 1_700_000).sort((a, b) => a - b);
    const puts = putsWith(changes, `own values ${seed}`);
    const longest = Math.max(...puts.map((at, index) => at - (puts[index - 1] ?? 0)));
    t.true(longest <= PAUSE_MILLIS_MAX, `seed ${seed}: not for ${Math.round(longest / 1_000)} s`);
  }
});

test('record and vault are looked after now and then, however often presence changes', (t) => {
  for (const everyMillis of [20_000, 60_000, 170_000, 2_000_000]) {
    const changes = Array.from({ length: Math.floor(1_700_000 / everyMillis) }, (_, index) => (index + 1) * everyMillis);
    const says = (values: OwnValues, at: number): void =>
      values.presenceChanged({ body: { presence: 'online', statusText: `${at}`, epoch: 1, node: 'alice' }, signed } as unknown as VerifiedRecord<'presence'>);
    const { looks } = halfHour(`busy ${everyMillis}`, changes, says);
    t.true(looks.length >= 3 && looks.length <= 4, `each ${everyMillis} ms: ${looks.length} looks with that of the login`);
  }
});

/** How often presence is put within ten seconds of a login after which the ring is joined; `holders`: who has it then. */
function putsAtLogin(holders: readonly string[], sizes: readonly number[]): number {
  let now = 0;
  let due = Number.POSITIVE_INFINITY;
  let puts = 0;
  const chord = { joined: false, sizeGuess: 0 };
  const record = { signed, body: { presence: 'online', statusText: '', epoch: 1, node: 'alice' } };
  const parts = {
    env: {
      get monotonicMillis() {
        return now;
      },
      random: new SeededRandom('login'),
      setTimer: (_kind: string, _key: string, delayMillis: number) => {
        due = now + delayMillis;
      },
    },
    options: CORE_OPTIONS,
    settings: { user: 'alice' },
    session: { open: { userId: 'alice', secrets: null }, nodeId: 'alice', userRecord: () => null },
    ring: { chord },
    view: { presenceOf: () => record },
    directory: { findName: (_name: string, done: (named: object) => void) => done({ user: null, heard: true }) },
    replication: {
      put: (_value: unknown, told: (progress: WriteProgress) => void) => {
        puts += 1;
        told({ state: 'complete', holders: holders.map((id) => ({ id: id as NodeId, name: id, endpoint: { address: id, key: new Uint8Array(32) } })) });
      },
    },
  };
  const values = new OwnValues(parts as unknown as Parts);
  values.presenceChanged(record as unknown as VerifiedRecord<'presence'>);
  values.sessionOpened();
  for (const [index, sizeGuess] of sizes.entries()) {
    now = 100 * (index + 1);
    Object.assign(chord, { joined: true, sizeGuess });
    values.ringChanged();
  }
  while (due <= 10_000) {
    now = due;
    due = Number.POSITIVE_INFINITY;
    values.timer('');
  }
  return puts;
}

test('presence is put once at a login, and again by whoever was alone then or sees a ring that has grown threefold', (t) => {
  t.is(putsAtLogin(['bob', 'carol'], [40, 50]), 1);
  t.is(putsAtLogin(['bob', 'carol'], [5, 50]), 2);
  t.true(putsAtLogin(['alice'], [1, 50]) > 1);
});
