import test from 'ava';
import type { Replicas } from '../../src/core/replication/replicas.ts';
import { REPLICATION_OPTIONS, type ReplicationPort } from '../../src/core/replication/replication-port.ts';
import type { Outcome, Transfer } from '../../src/core/replication/transfer.ts';
import { Upkeep } from '../../src/core/replication/upkeep.ts';
import type { Contact } from '../../src/core/ring/circle.ts';
import type { NodeId } from '../../src/core/types.ts';

const contactOf = (digit: string): Contact => ({ id: digit.repeat(64) as NodeId, endpoint: { address: `sim:${digit}`, key: new Uint8Array(32) }, name: digit });
const [SELF, PREDECESSOR, B, C, D, E] = ['5', '4', '6', '7', '8', '9'].map(contactOf) as [Contact, Contact, Contact, Contact, Contact, Contact];

/** An owner among members that have what it has; the test moves its clock and its neighbours. */
function owner() {
  const world = { millis: 0, successors: [B, C, D] as Contact[], fingerprint: 'one', asked: [] as string[], pushMillis: 0 };
  const port = {
    self: SELF,
    get monotonicMillis() {
      return world.millis;
    },
    successors: () => world.successors,
    owned: () => ({ from: PREDECESSOR.id, to: SELF.id }),
    fraction: () => 0.5,
    setTimer: (kind: string, delayMillis: number) => {
      if (kind === 'replica-push') world.pushMillis = world.millis + delayMillis;
    },
  } as unknown as ReplicationPort;
  const index = { digest: (_from: string, to: string) => ({ to, count: 1, fingerprint: world.fingerprint }), range: () => [], changes: 0 };
  const transfer = {
    reconcile: (peer: Contact, _range: unknown, done: (outcome: Outcome) => void) => {
      world.asked.push(peer.name);
      done('same');
    },
  } as unknown as Transfer;
  const upkeep = new Upkeep({ port, options: REPLICATION_OPTIONS, replicas: { index } as unknown as Replicas, transfer });
  /** Whom the next push asks. */
  const push = (): string => {
    world.millis = world.pushMillis;
    world.asked = [];
    upkeep.pushTimer();
    return world.asked.join('');
  };
  const neighbours = (...successors: Contact[]): void => {
    world.successors = successors;
    upkeep.ringChanged();
  };
  upkeep.start();
  return { world, push, neighbours };
}

test('after a change of neighbours only those are asked who may lack something', (t) => {
  const { world, push, neighbours } = owner();
  t.is(push(), '678');
  neighbours(C, D, E);
  t.is(push(), '9');
  world.fingerprint = 'two';
  neighbours(C, D, B);
  t.is(push(), '786', 'there is something new here');
  t.is(push(), '786', 'the next round');
});

test('a holder that goes and comes back before the next push is asked', (t) => {
  const { push, neighbours } = owner();
  t.is(push(), '678');
  neighbours(C, D, E);
  neighbours(B, C, D);
  t.is(push(), '6');
});

test('of whom we took over is asked although more have come between us than there are holders', (t) => {
  const { push, neighbours } = owner();
  t.is(push(), '678');
  neighbours(E);
  neighbours(B, C, D);
  t.is(push(), '6789', 'what E owned before may lie at none of the three');
  t.is(push(), '678', 'the next round');
});
