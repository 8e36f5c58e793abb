import test from 'ava';
import type { Contact } from '../../src/core/ring/circle.ts';
import { Pointers } from '../../src/core/ring/pointers.ts';
import type { Remembered } from '../../src/core/ring/remembered.ts';
import { type Asker, RING_OPTIONS, type RingPort } from '../../src/core/ring/ring-port.ts';
import { Walk } from '../../src/core/ring/walk.ts';
import type { NodeId } from '../../src/core/types.ts';

function contact(name: string, digit: string): Contact {
  return { id: digit.repeat(64) as NodeId, endpoint: { address: `sim:${digit}`, key: new Uint8Array(32) }, name };
}

test('where one is slow and the next one dead a third is asked as soon as the slow one is slow again', (t) => {
  const [start, slow, dead, third] = [contact('start', '2'), contact('slow', '8'), contact('dead', '7'), contact('third', '6')];
  const asked: string[] = [];
  const askers = new Map<string, Asker>();
  const port = {
    self: contact('self', '1'),
    ask: (to: Contact, _question: unknown, asker: Asker) => {
      asked.push(to.name);
      askers.set(to.name, asker);
    },
  };
  const remembered = { unheard: () => undefined };
  const found: string[] = [];
  const walk = new Walk(
    { key: '9'.repeat(64), contacts: [start], why: 'start' },
    {
      port: port as unknown as RingPort,
      options: RING_OPTIONS,
      ownPrefix: 0x1111111,
      remembered: remembered as unknown as Remembered,
      member: { mention: () => undefined, next: () => ({ answer: 'next', done: false, contacts: [], why: 'member-list' }) },
    },
    ({ owners }) => found.push(...owners.map(({ name }) => name)),
  );
  walk.step(start, 'start');
  askers.get('start')?.answered({ answer: 'next', done: false, contacts: [slow, dead, third], why: 'finger' });
  askers.get('slow')?.slow?.();
  t.deepEqual(asked, ['start', 'slow', 'dead']);
  askers.get('slow')?.slow?.();
  t.deepEqual(asked, ['start', 'slow', 'dead'], 'another one is on the way');
  askers.get('dead')?.answered(null);
  askers.get('slow')?.slow?.();
  t.deepEqual(asked, ['start', 'slow', 'dead', 'third']);
  askers.get('third')?.answered({ answer: 'next', done: true, contacts: [slow], why: 'successor' });
  t.deepEqual(found, ['slow']);
});

test('a neighbour that takes datagrams elsewhere after a restart is asked there', (t) => {
  const before = { ...contact('next', '8'), datagram: 'udp://sim:1' };
  const after = { ...before, datagram: 'udp://sim:2' };
  const pointers = new Pointers(contact('self', '1'), 4, { waypoints: null, pointersChanged: () => undefined });
  pointers.set({ successors: [before], joined: true, small: false });
  pointers.set({ successors: [{ ...before }] });
  t.is(pointers.successors[0], before, 'the same said again');
  pointers.set({ successors: [after] });
  t.is(pointers.successors[0], after);
});
