import test from 'ava';
import { PASSWORD, SmallWorld } from '../core/small-world.ts';

const ROOM = 'hall';
const PEOPLE = Array.from({ length: 16 }, (_, index) => `user${index + 1}`);
const [FOUNDER = '', ...OTHERS] = PEOPLE;
/** Rounds of everybody's comparisons lie this far apart; who depends on them is later. */
const AT_ONCE_MILLIS = 400;

async function hall(): Promise<SmallWorld> {
  const world = new SmallWorld(7, { roomDirectMembersMax: 4, roomCompareMillis: 60_000 });
  await world.people(...PEOPLE);
  const { link } = await world.ask<{ link: string }>(FOUNDER, 'room-create', { name: ROOM });
  for (const name of OTHERS) await world.ask(name, 'room-join', { room: link });
  await world.soon('all are in', async () => {
    for (const name of PEOPLE) if ((await world.ask<{ members: number }>(name, 'room', { room: ROOM })).members !== PEOPLE.length) return false;
    return true;
  });
  return world;
}

/** Events that came to somebody who had them already, so far, of all of `names`. */
async function twice(world: SmallWorld, names: readonly string[]): Promise<number> {
  let sum = 0;
  for (const name of names) sum += (await world.ask<{ counters: Readonly<Record<string, number>> }>(name, 'info')).counters['roomEventsTwice'] ?? 0;
  return sum;
}

/** After how long the last of `names` reads what `by` writes, ms. */
async function spoken(world: SmallWorld, by: string, text: string, names: readonly string[]): Promise<number> {
  const startedMillis = world.engine.now();
  await world.ask(by, 'room-send', { room: ROOM, text });
  const told = (name: string): boolean =>
    world.heard.some(
      ({ node, event }) => node === name && event.type.startsWith('room-message') && (event as { message?: { text: string } }).message?.text === text,
    );
  await world.soon(`all read ${text}`, async () => names.every((name) => name === by || told(name)));
  return world.engine.now() - startedMillis;
}

test('in a large room an event comes to each member a few times, not once over every link', async (t) => {
  const world = await hall();
  for (let count = 0; count < 6; count += 1) await spoken(world, PEOPLE[count] as string, `settling ${count}`, PEOPLE);
  await world.engine.wait(3_000);
  const before = await twice(world, PEOPLE);
  const MESSAGES = 8;
  for (let count = 0; count < MESSAGES; count += 1) await spoken(world, FOUNDER, `message ${count}`, PEOPLE);
  await world.engine.wait(1_000);
  const again = ((await twice(world, PEOPLE)) - before) / MESSAGES / PEOPLE.length;
  // Fifteen links a member: without rest each would have each event about a dozen times.
  t.true(again > 0 && again < 5, `each message came ${again.toFixed(1)} times more than needed to each member`);
  await world.engine.stop();
});

test('members who passed on die, and what is said at once afterwards still comes to all at once', async (t) => {
  const world = await hall();
  for (let count = 0; count < 6; count += 1) await spoken(world, PEOPLE[count] as string, `settling ${count}`, PEOPLE);
  await world.engine.wait(3_000);
  for (const name of PEOPLE.slice(1, 4)) await world.engine.killNode(name);
  const left = PEOPLE.filter((_, index) => index === 0 || index > 3);
  // Else whoever writes tells everybody, and nothing would depend on those who pass on.
  await world.engine.setRules([{ id: 'far', kind: 'cut', from: [FOUNDER], to: left.slice(5), oneWay: false }]);
  const took = [await spoken(world, FOUNDER, 'after the deaths from afar', left)];
  await world.engine.setRules([]);
  for (const by of [FOUNDER, left[5] as string, left.at(-1) as string]) took.push(await spoken(world, by, `after the deaths by ${by}`, left));
  t.true(Math.max(...took) < AT_ONCE_MILLIS, `${took.map((millis) => millis.toFixed(0)).join(', ')} ms`);
  await world.engine.stop();
});

test('whoever logs in again or starts again hears at once of people they are not linked with', async (t) => {
  const world = await hall();
  for (let count = 0; count < 6; count += 1) await spoken(world, PEOPLE[count] as string, `settling ${count}`, PEOPLE);
  await world.engine.wait(3_000);
  const [again, restarted] = [PEOPLE.slice(8, 12), PEOPLE.slice(12)];
  for (const name of again) {
    await world.ask(name, 'logout');
    await world.ask(name, 'login', { password: PASSWORD });
  }
  for (const name of restarted) {
    await world.engine.killNode(name);
    await world.engine.startNode(name, { peers: [await world.engine.endpointOf(FOUNDER)] });
    await world.ask(name, 'login', { password: PASSWORD });
  }
  await world.engine.wait(3_000);
  for (let count = 0; count < 6; count += 1) await spoken(world, PEOPLE[count] as string, `settling again ${count}`, PEOPLE);
  await world.engine.setRules([{ id: 'far', kind: 'cut', from: [FOUNDER], to: [...again, ...restarted], oneWay: false }]);
  const millis = await spoken(world, FOUNDER, 'from afar', PEOPLE);
  t.true(millis < AT_ONCE_MILLIS, `${millis.toFixed(0)} ms`);
  await world.engine.stop();
});

test('all who passed on are gone at once, and what is said after that comes at once again', async (t) => {
  const world = await hall();
  for (let count = 0; count < 6; count += 1) await spoken(world, PEOPLE[count] as string, `settling ${count}`, PEOPLE);
  await world.engine.wait(3_000);
  const left = PEOPLE.slice(0, 8);
  for (const name of PEOPLE.slice(8)) await world.engine.killNode(name);
  await world.engine.wait(12_000);
  await world.engine.setRules([{ id: 'far', kind: 'cut', from: [FOUNDER], to: left.slice(4), oneWay: false }]);
  const millis = await spoken(world, FOUNDER, 'from afar', left);
  t.true(millis < AT_ONCE_MILLIS, `${millis.toFixed(0)} ms`);
  await world.engine.stop();
});
