import test from 'ava';
import { CborCodec } from '../../src/adapters/codec/cbor.ts';
import { StandInCrypto } from '../../src/adapters/crypto/stand-in-crypto.ts';
import { NO_FAULTS } from '../../src/core/faults.ts';
import type { TraceEvent } from '../../src/core/trace.ts';
import { SimEngine } from '../../src/engine/sim.ts';
import { MachineFaults } from '../../src/node/machine-faults.ts';

test('a clock that runs too fast gains steadily from when it was set, on top of what it was off, and jumps back when it is right again', (t) => {
  let nowMillis = 5_000;
  const faults = new MachineFaults(() => nowMillis);
  const clock = faults.clock({ monotonicMillis: () => nowMillis, wallMillis: () => 1_000_000 + nowMillis });
  t.is(clock.wallMillis(), 1_005_000);
  faults.set({ diskFull: false, skewMillis: 10_000, driftMillisPerSecond: 100 });
  t.is(clock.wallMillis(), 1_015_000);
  nowMillis += 3_000;
  t.is(clock.wallMillis(), 1_018_000 + 300);
  t.is(clock.monotonicMillis(), 8_000, 'what measures differences is right');
  // A full disk that comes and goes meanwhile does not make the drift begin anew.
  faults.set({ diskFull: true, skewMillis: 10_000, driftMillisPerSecond: 100 });
  nowMillis += 1_000;
  t.is(clock.wallMillis(), 1_019_000 + 400);
  const written: TraceEvent[] = [];
  faults.traceSink({ write: (event) => void written.push(event) }).write({
    id: 'a/1/1',
    node: 'a',
    logical: 1,
    monotonicMillis: nowMillis,
    wallMillis: clock.wallMillis(),
    detail: { type: 'note', text: 'x' },
  });
  t.is(written[0]?.wallMillis, 1_000_000 + nowMillis, "traces tell the machine's time");
  faults.set(NO_FAULTS);
  t.is(clock.wallMillis(), 1_000_000 + nowMillis);
});

test('in the simulator as well, and slow clocks lose', async (t) => {
  const engine = new SimEngine({ seed: 1, capabilities: { crypto: new StandInCrypto(), codec: new CborCodec() }, traced: false });
  await engine.startNode('alice');
  const hosted = engine.hosted('alice');
  const right = () => engine.world.epochMillis + engine.world.now;
  await engine.setFaults('alice', { ...NO_FAULTS, driftMillisPerSecond: -40 });
  await engine.wait(2_000);
  t.is(hosted.wallMillis(), Math.floor(right() - 80));
  await engine.setFaults('alice', NO_FAULTS);
  t.is(hosted.wallMillis(), Math.floor(right()));
  await engine.stop();
});
