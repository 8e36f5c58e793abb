import test from 'ava';
import type { DatagramTarget } from '../../src/core/env.ts';
import type { Rule } from '../../src/core/rules.ts';
import { DatagramGate } from '../../src/node/datagram-gate.ts';
import { FaultGate } from '../../src/node/fault-gate.ts';

const CUT: Rule = { id: 'c', kind: 'cut', from: ['alice'], to: ['bob'], oneWay: true };
const BOB: DatagramTarget = { address: 'udp://127.0.0.1:2' };

function gateOf(name: string): { readonly faults: FaultGate; readonly gate: DatagramGate } {
  const faults = new FaultGate(name, () => 0);
  return { faults, gate: new DatagramGate(faults, name) };
}

/** Sends one packet from a gate to a gate; what arrives, or the reason why nothing does. */
function carry(from: DatagramGate, to: DatagramGate, target: DatagramTarget): string {
  let arrived = 'nothing';
  const sent = from.outgoing(target, new Uint8Array([1, 2, 3]), (wire) => {
    arrived = to.incoming('udp://127.0.0.1:1', wire, (bytes) => (arrived = `bytes ${bytes.join()}`)) ?? arrived;
  });
  return sent ?? arrived;
}

test('what is for everybody is judged where it arrives, what is for one known node where it leaves', (t) => {
  const [alice, bob] = [gateOf('alice'), gateOf('bob')];
  t.is(carry(alice.gate, bob.gate, 'broadcast'), 'bytes 1,2,3');
  bob.faults.setRules([CUT]);
  t.is(carry(alice.gate, bob.gate, 'broadcast'), 'rule c');
  t.is(carry(alice.gate, bob.gate, BOB), 'rule c', 'the sender does not know whose address that is');
  alice.gate.incoming(BOB.address, wireOf(bob.gate), () => {});
  t.is(carry(alice.gate, bob.gate, BOB), 'bytes 1,2,3', 'it has passed the rules of the sender, which has none');
  alice.faults.setRules([CUT]);
  t.is(carry(alice.gate, bob.gate, BOB), 'rule c');
});

test('packets of others and packets that are too large are refused', (t) => {
  const { gate } = gateOf('alice');
  const take = () => t.fail();
  for (const wire of [[], [0], [0, 0], [0, 5, 1, 2], [7, 1, 65, 1], [0, 255, ...Array.from({ length: 300 }, () => 1)]]) {
    t.regex(gate.incoming('x', new Uint8Array(wire), take) ?? '', /^invalid/);
  }
  t.is(gate.incoming('x', new Uint8Array(1_300).fill(0), take), 'too-large');
  t.is(gate.outgoing('broadcast', new Uint8Array(1_201), take), 'too-large');
});

function wireOf(gate: DatagramGate): Uint8Array {
  let wire: Uint8Array = new Uint8Array(0);
  gate.outgoing('broadcast', new Uint8Array([1]), (bytes) => (wire = bytes));
  return wire;
}
