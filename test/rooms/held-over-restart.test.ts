import test from 'ava';
import type { UserView } from '../../src/core/commands.ts';
import { chatNode } from '../../src/core/node.ts';
import type { RoomMessageView, RoomView } from '../../src/core/rooms/room-commands.ts';
import { overlaid } from '../../src/lab/overlaid.ts';
import { PASSWORD, SmallWorld } from '../core/small-world.ts';

type Chains = { readonly chains?: ReadonlyArray<{ readonly author: string }> };

test('a line that waited behind one without a key is shown after a kill, although its own key has been here all the time', async (t) => {
  let withheld: string | null = null;
  const program = (...[env, settings]: Parameters<typeof chatNode>) => {
    const decode = (bytes: Uint8Array): unknown => {
      const value = env.codec.decode(bytes) as Chains | null;
      // Members tell of chains, and so do the copies of the room at its holders.
      const chains = Array.isArray(value?.chains) ? value.chains : [];
      const isWithheld = settings.user === 'bob' && chains.some(({ author }) => author === withheld);
      return isWithheld ? null : value;
    };
    const codec = { encode: (value: unknown) => env.codec.encode(value), decode };
    return chatNode(overlaid(env, { codec }), settings);
  };
  const world = new SmallWorld(71, {}, { program });
  await world.people('alice', 'bob', 'carol');
  const { link } = await world.ask<RoomView>('alice', 'room-create', { name: 'den' });
  for (const name of ['bob', 'carol']) await world.ask(name, 'room-join', { room: link });
  await world.engine.wait(2_000);
  const lines = async (): Promise<string[]> => {
    const { messages } = await world.ask<{ messages: readonly RoomMessageView[] }>('bob', 'room-history', { room: 'den', limit: 50 });
    return messages.filter(({ kind }) => kind === 'message').map((line) => (line.sealed ? '(sealed)' : line.text));
  };
  await world.ask('alice', 'room-send', { room: 'den', text: 'first' });
  await world.soon('bob has a key of alice', async () => (await lines()).join() === 'first');
  withheld = (await world.ask<UserView>('alice', 'user', { user: 'carol' })).userId;
  await world.ask('carol', 'room-send', { room: 'den', text: 'for whose key bob waits' });
  await world.engine.wait(300);
  await world.ask('alice', 'room-send', { room: 'den', text: 'behind it' });
  await world.soon('both wait', async () => (await lines()).join() === 'first,(sealed),(sealed)', 2_000);
  await world.engine.killNode('bob');
  await world.engine.startNode('bob', { peers: [await world.engine.endpointOf('alice')] });
  await world.ask('bob', 'login', { password: PASSWORD });
  await world.soon('what waited behind is shown', async () => (await lines()).join() === 'first,(sealed),behind it');
  withheld = null;
  await world.soon('and the other one with its key', async () => (await lines()).join() === 'first,for whose key bob waits,behind it');
  t.is(world.heard.filter(({ node, event }) => node === 'bob' && event.type === 'notice').length, 0);
  await world.engine.stop();
});
