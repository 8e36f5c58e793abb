import { execFileSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import test from 'ava';
import { Timers } from '../../src/node/timers.ts';
import { until } from '../helpers/until.ts';

test('timers of upkeep meet at the points of a grid, others come when they were asked for', async (t) => {
  const at = new Map<string, number>();
  const timers = new Timers((kind, key) => void at.set(`${kind}${key}`, performance.now()), { kinds: new Set(['upkeep']), gridMillis: 400 });
  const startMillis = performance.now();
  const point = Math.floor(startMillis / 400) * 400;
  // All three end nearest to the third point from now and are more than one grid away, wherever between two points now is.
  for (const [key, offset] of [
    ['a', -40],
    ['b', 0],
    ['c', 40],
  ] as const)
    timers.schedule('upkeep', key, point + 1_200 + offset - startMillis);
  timers.schedule('message', '', 10);
  await until('all are due', () => at.size === 4);
  t.is(at.size, 4);
  for (const key of ['a', 'b', 'c']) {
    const late = (at.get(`upkeep${key}`) ?? 0) - (point + 1_200);
    t.true(late > -2, `${key} was due ${late} ms after the point`);
  }
  t.true((at.get('message') ?? 0) >= startMillis + 9);
  t.true((at.get('message') ?? 0) < (at.get('upkeepa') ?? 0), 'it did not wait for the grid');
});

test('upkeep that is wanted soon comes when it was asked for; a timer that is moved is due once', async (t) => {
  const due: number[] = [];
  const timers = new Timers(() => void due.push(performance.now()), { kinds: new Set(['upkeep']), gridMillis: 60_000 });
  const startMillis = performance.now();
  timers.schedule('upkeep', '', 59_000);
  timers.schedule('upkeep', '', 20);
  t.is(timers.count, 1);
  await until('it is due', () => due.length > 0);
  t.is(due.length, 1);
  t.true((due[0] ?? 0) - startMillis >= 19);
  t.is(timers.count, 0);
  timers.schedule('upkeep', '', 120_000);
  timers.unschedule('upkeep', '');
  t.is(timers.count, 0);
});

test('a timer that comes late because the process stood still waits until what has arrived was read', async (t) => {
  const order: string[] = [];
  const timers = new Timers((kind) => void order.push(kind));
  const socket = createSocket('udp4');
  socket.on('message', () => void order.push('arrived'));
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  timers.schedule('patience', '', 5);
  // This process stands still while another one sends.
  const send = `const s = require('node:dgram').createSocket('udp4'); s.send('answer', ${socket.address().port}, '127.0.0.1', () => s.close());`;
  execFileSync(process.execPath, ['-e', send]);
  timers.schedule('taken back', '', 0);
  timers.unschedule('taken back', '');
  await until('both are there', () => order.length === 2);
  t.deepEqual(order, ['arrived', 'patience']);
  t.is(timers.count, 0);
  socket.close();
});
