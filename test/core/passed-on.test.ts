import test from 'ava';
import { SmallWorld } from './small-world.ts';

const PEOPLE = ['anna', 'bert', 'cleo', 'dora', 'emil'] as const;

test('what somebody says of itself must arrive, what others pass on nobody acknowledges in a hurry; all hear of it', async (t) => {
  const world = new SmallWorld(4, {}, { traced: true });
  await world.people(...PEOPLE);
  for (const name of PEOPLE.slice(1)) await world.befriend('anna', name);
  await world.engine.wait(12_000);
  const fromMillis = world.engine.now();
  await world.ask('anna', 'status', { presence: 'busy' });
  for (const name of PEOPLE.slice(1)) await world.soon(`${name} sees it`, async () => (await world.presence(name, 'anna')) === 'busy', 1_000);
  await world.engine.wait(300);
  const trace = (await world.engine.trace()).filter(({ monotonicMillis }) => monotonicMillis >= fromMillis);
  const sentBy = (type: string): string[] =>
    trace.flatMap(({ node, detail }) => (detail.type === 'send' && detail.messages.some((message) => message.type === type) ? [node] : []));
  t.deepEqual([...new Set(sentBy('records'))], ['anna']);
  const passedOn = new Set(sentBy('renewals'));
  t.true(passedOn.size > 0 && !passedOn.has('anna'), [...passedOn].join(' '));
  await world.engine.stop();
});
