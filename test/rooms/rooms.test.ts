import test from 'ava';
import type { RoomDetails, RoomMessageView, RoomsView, RoomView } from '../../src/core/rooms/room-commands.ts';
import { PASSWORD, SmallWorld } from '../core/small-world.ts';

async function lines(world: SmallWorld, node: string, room: string): Promise<readonly RoomMessageView[]> {
  return (await world.ask<{ messages: readonly RoomMessageView[] }>(node, 'room-history', { room, limit: 500 })).messages;
}

async function texts(world: SmallWorld, node: string, room: string): Promise<string[]> {
  return (await lines(world, node, room)).filter((line) => line.kind === 'message').map((line) => (line.sealed ? '(sealed)' : line.text));
}

test('three people talk in a room: everybody has every message once, in one order', async (t) => {
  const world = new SmallWorld(1);
  await world.people('alice', 'bob', 'carol');
  const { link } = await world.ask<RoomView>('alice', 'room-create', { name: 'The garden', topic: 'roses' });
  t.is((await world.ask<{ state: string }>('bob', 'room-join', { room: link })).state, 'joined');
  t.is((await world.ask<{ state: string }>('carol', 'room-join', { room: link })).state, 'joined');
  for (const [who, text] of [
    ['alice', 'one'],
    ['bob', 'two'],
    ['carol', 'three'],
  ] as const) {
    await world.ask(who, 'room-send', { room: 'The garden', text });
    await world.soon(`${text} everywhere`, async () => {
      for (const node of ['alice', 'bob', 'carol']) if ((await texts(world, node, 'the garden')).at(-1) !== text) return false;
      return true;
    });
  }
  for (const node of ['alice', 'bob', 'carol']) t.deepEqual(await texts(world, node, 'The garden'), ['one', 'two', 'three'], node);
  const details = await world.ask<RoomDetails>('bob', 'room', { room: 'The garden' });
  t.deepEqual(
    details.memberList.map((member) => member.name),
    ['alice', 'bob', 'carol'],
  );
  t.is((await world.ask<RoomsView>('bob', 'rooms')).rooms[0]?.unread, 2);
});

test('a room by invitation: a stranger is refused, who was invited comes in', async (t) => {
  const world = new SmallWorld(2);
  await world.people('alice', 'bob', 'carol');
  const { link, roomId } = await world.ask<RoomView>('alice', 'room-create', { name: 'den', policy: 'invite' });
  t.is(await world.outcome('carol', 'room-join', { room: link }), 'room-refused');
  await world.ask('alice', 'room-invite', { room: 'den', user: 'bob' });
  await world.soon('bob is invited', async () => (await world.ask<RoomsView>('bob', 'rooms')).invitations.length === 1);
  t.is((await world.ask<RoomsView>('carol', 'rooms')).others.length, 0, 'nobody is told of a room by invitation');
  t.is((await world.ask<{ state: string }>('bob', 'room-join', { room: 'den' })).state, 'joined');
  t.is(await world.outcome('bob', 'room-invite', { room: 'den', user: 'carol' }), 'room-forbidden');
  await world.ask('alice', 'room-role', { room: 'den', user: 'bob', role: 'admin' });
  await world.soon('bob is an admin', async () => (await world.ask<RoomView>('bob', 'room', { room: roomId })).role === 'admin');
  await world.ask('bob', 'room-invite', { room: 'den', user: 'carol' });
  await world.soon('carol is invited', async () => (await world.ask<RoomsView>('carol', 'rooms')).invitations.length === 1);
  t.is((await world.ask<{ state: string }>('carol', 'room-join', { room: 'den' })).state, 'joined');
});

test('an open room to which one is invited is listed once', async (t) => {
  const world = new SmallWorld(6);
  await world.people('alice', 'bob');
  await world.ask('alice', 'room-create', { name: 'lawn' });
  await world.soon('bob hears of it', async () => (await world.ask<RoomsView>('bob', 'rooms')).others.length === 1);
  await world.ask('alice', 'room-invite', { room: 'lawn', user: 'bob' });
  await world.soon('bob is invited', async () => (await world.ask<RoomsView>('bob', 'rooms')).invitations.length === 1);
  t.deepEqual((await world.ask<RoomsView>('bob', 'rooms')).others, []);
});

test('who was invited is not turned away by a member who has not heard of it yet', async (t) => {
  const world = new SmallWorld(31);
  await world.people('alice', 'bob', 'carol');
  const { link, roomId } = await world.ask<RoomView>('alice', 'room-create', { name: 'den', policy: 'invite' });
  await world.ask('alice', 'room-invite', { room: 'den', user: 'bob' });
  await world.soon('bob is invited', async () => (await world.ask<RoomsView>('bob', 'rooms')).invitations.length === 1);
  await world.ask('bob', 'room-join', { room: 'den' });
  const late = (id: string, to: string, delayMillis: number) => ({
    kind: 'delay' as const,
    id,
    from: ['alice'],
    to: [to],
    oneWay: true,
    delayMillis,
    jitterMillis: 0,
  });
  await world.engine.setRules([late('to bob', 'bob', 1_000), late('to carol', 'carol', 100)]);
  await world.ask('alice', 'room-invite', { room: 'den', user: 'carol' });
  await world.soon('carol is invited', async () => (await world.ask<RoomsView>('carol', 'rooms')).invitations.length === 1);
  // Bob's answer, a refusal, comes before alice's.
  t.is((await world.ask<{ state: string }>('carol', 'room-join', { room: link.replace('/alice', '/bob') })).state, 'joined');
  await world.soon('bob hears of it', async () => (await world.ask<RoomView>('bob', 'room', { room: roomId })).members === 3);
  // Whoever was removed since is told so, although the invitation is still there.
  await world.ask('alice', 'room-remove', { room: 'den', user: 'carol' });
  await world.engine.wait(5_000);
  t.is(await world.outcome('carol', 'room-join', { room: link }), 'room-refused');
});

test('a room with a password lets in who knows it, and nobody else', async (t) => {
  const world = new SmallWorld(3);
  await world.people('alice', 'bob');
  const { link } = await world.ask<RoomView>('alice', 'room-create', { name: 'safe', policy: 'password', password: 'open sesame' });
  t.is(await world.outcome('bob', 'room-join', { room: link }), 'room-needs-password');
  t.is(await world.outcome('bob', 'room-join', { room: link, password: 'open barley' }), 'room-wrong-password');
  t.is((await world.ask<{ state: string }>('bob', 'room-join', { room: link, password: 'open sesame' })).state, 'joined');
});

test('who was removed reads nothing that follows', async (t) => {
  const world = new SmallWorld(4);
  await world.people('alice', 'bob', 'mallory');
  const { link } = await world.ask<RoomView>('alice', 'room-create', { name: 'garden' });
  for (const node of ['bob', 'mallory']) await world.ask(node, 'room-join', { room: link });
  await world.ask('alice', 'room-send', { room: 'garden', text: 'before' });
  await world.soon('mallory reads', async () => (await texts(world, 'mallory', 'garden')).includes('before'));
  await world.soon('bob knows of mallory', async () => (await world.ask<RoomDetails>('bob', 'room', { room: 'garden' })).memberList.length === 3);
  t.is(await world.outcome('bob', 'room-remove', { room: 'garden', user: 'mallory' }), 'room-forbidden');
  await world.ask('alice', 'room-remove', { room: 'garden', user: 'mallory' });
  await world.soon('mallory hears of it', async () => (await world.ask<RoomView>('mallory', 'room', { room: 'garden' })).role === null);
  t.is(await world.outcome('mallory', 'room-send', { room: 'garden', text: 'x' }), 'not-in-room');
  await world.soon('bob hears of it', async () => (await world.ask<RoomDetails>('bob', 'room', { room: 'garden' })).memberList.length === 2);
  await world.ask('bob', 'room-send', { room: 'garden', text: 'after' });
  await world.soon('alice reads', async () => (await texts(world, 'alice', 'garden')).includes('after'));
  await world.engine.wait(5_000);
  t.deepEqual(await texts(world, 'mallory', 'garden'), ['before']);
  t.is(await world.outcome('mallory', 'room-join', { room: link }), 'room-refused');
});

test('a late joiner reads all, or what follows, as the room says; from whoever is up', async (t) => {
  for (const history of ['all', 'joined'] as const) {
    const world = new SmallWorld(5);
    await world.people('alice', 'bob', 'carol');
    const { link } = await world.ask<RoomView>('alice', 'room-create', { name: 'garden', history });
    await world.ask('bob', 'room-join', { room: link });
    for (let count = 0; count < 120; count += 1) await world.ask('alice', 'room-send', { room: 'garden', text: `past ${count}` });
    await world.soon('bob has it', async () => (await texts(world, 'bob', 'garden')).length === 120);
    await world.engine.killNode('alice');
    await world.ask('carol', 'room-join', { room: link.replace('/alice', '/bob') });
    await world.ask('bob', 'room-send', { room: 'garden', text: 'welcome' });
    await world.soon('carol reads', async () => (await texts(world, 'carol', 'garden')).at(-1) === 'welcome');
    const expected = history === 'all' ? [...Array.from({ length: 120 }, (_, count) => `past ${count}`), 'welcome'] : ['welcome'];
    await world.soon(`carol reads ${history}`, async () => (await texts(world, 'carol', 'garden')).join() === expected.join());
    t.deepEqual(await texts(world, 'carol', 'garden'), expected, history);
  }
});

test('the founder leaves: the room lives on, with an heir', async (t) => {
  const world = new SmallWorld(6);
  await world.people('alice', 'bob', 'carol');
  const { link } = await world.ask<RoomView>('alice', 'room-create', { name: 'garden' });
  for (const node of ['bob', 'carol']) await world.ask(node, 'room-join', { room: link });
  await world.soon('all are in', async () => (await world.ask<RoomDetails>('bob', 'room', { room: 'garden' })).memberList.length === 3);
  await world.ask('alice', 'room-leave', { room: 'garden' });
  await world.soon('bob inherits', async () => (await world.ask<RoomView>('bob', 'room', { room: 'garden' })).role === 'owner');
  await world.ask('carol', 'room-send', { room: 'garden', text: 'still here' });
  await world.soon('bob reads', async () => (await texts(world, 'bob', 'garden')).includes('still here'));
  t.false((await texts(world, 'alice', 'garden')).includes('still here'));
});

test('replies, mentions, reactions, edits and deletions arrive, and ticks with them', async (t) => {
  const world = new SmallWorld(7);
  await world.people('alice', 'bob');
  const { link } = await world.ask<RoomView>('alice', 'room-create', { name: 'garden' });
  await world.ask('bob', 'room-join', { room: link });
  const { id } = await world.ask<{ id: string }>('alice', 'room-send', { room: 'garden', text: 'hello @bob' });
  await world.soon('bob reads', async () => (await texts(world, 'bob', 'garden')).length === 1);
  t.is((await world.ask<RoomView>('bob', 'room', { room: 'garden' })).mentions, 1);
  const reply = await world.ask<{ id: string }>('bob', 'room-send', { room: 'garden', text: 'hi', replyTo: id });
  await world.ask('bob', 'room-react', { room: 'garden', id: id.slice(0, 10), reaction: '+1' });
  await world.ask('alice', 'room-edit', { room: 'garden', id, text: 'hello, bob' });
  await world.soon('alice reads', async () => (await texts(world, 'alice', 'garden')).length === 2);
  t.is(await world.outcome('alice', 'room-edit', { room: 'garden', id: reply.id, text: 'x' }), 'room-forbidden');
  await world.ask('bob', 'room-delete-message', { room: 'garden', id: reply.id });
  const shown = async (node: string): Promise<unknown[]> =>
    (await lines(world, node, 'garden'))
      .filter((line) => line.kind === 'message')
      .map(({ text, edited, deleted, reactions, replyTo, state }) => ({ text, edited, deleted, reactions, replyTo: replyTo?.id ?? null, state }));
  const expected = [
    { text: 'hello, bob', edited: true, deleted: false, reactions: [{ reaction: '+1', by: ['bob'] }], replyTo: null, state: 'delivered' },
    { text: '', edited: false, deleted: true, reactions: [], replyTo: id, state: 'delivered' },
  ];
  for (const node of ['alice', 'bob']) {
    await world.soon(`${node} has it all`, async () => JSON.stringify(await shown(node)) === JSON.stringify(expected)).catch(() => undefined);
    t.deepEqual(await shown(node), expected, node);
  }
  const first = (await lines(world, 'alice', 'garden')).find((line) => line.id === id);
  t.deepEqual(first?.deliveredTo, ['bob']);
});

test('what was written while members were away, on both sides, is the same everywhere afterwards', async (t) => {
  const world = new SmallWorld(8);
  await world.people('alice', 'bob', 'carol');
  const { link } = await world.ask<RoomView>('alice', 'room-create', { name: 'garden' });
  for (const node of ['bob', 'carol']) await world.ask(node, 'room-join', { room: link });
  await world.soon('all are in', async () => (await world.ask<RoomDetails>('bob', 'room', { room: 'garden' })).memberList.length === 3);
  await world.engine.setRules([{ kind: 'cut', id: 'half', from: ['alice'], to: ['bob', 'carol'], oneWay: false }]);
  for (let count = 0; count < 40; count += 1) {
    await world.ask('alice', 'room-send', { room: 'garden', text: `a${count}` });
    await world.ask(count % 2 === 0 ? 'bob' : 'carol', 'room-send', { room: 'garden', text: `b${count}` });
  }
  await world.engine.wait(20_000);
  await world.engine.setRules([]);
  await world.soon(
    'the same everywhere',
    async () =>
      (await Promise.all(['alice', 'bob', 'carol'].map((node) => texts(world, node, 'garden')))).every(
        (found) => found.length === 80 && !found.includes('(sealed)'),
      ),
    60_000,
  );
  const order = await texts(world, 'alice', 'garden');
  for (const node of ['bob', 'carol']) t.deepEqual(await texts(world, node, 'garden'), order);
  t.deepEqual(
    [...order].filter((text) => text.startsWith('a')),
    Array.from({ length: 40 }, (_, count) => `a${count}`),
  );
});

test('a takeover brings rooms along: lines, keys, what was read, and the place as a member', async (t) => {
  const world = new SmallWorld(9);
  await world.people('alice', 'bob');
  const { link } = await world.ask<RoomView>('alice', 'room-create', { name: 'garden', topic: 'roses' });
  await world.ask('bob', 'room-join', { room: link });
  for (let count = 0; count < 150; count += 1) await world.ask('alice', 'room-send', { room: 'garden', text: `a${count}` });
  await world.soon('bob has it', async () => (await texts(world, 'bob', 'garden')).length === 150);
  await world.ask('bob', 'room-read', { room: 'garden' });
  await world.ask('bob', 'room-send', { room: 'garden', text: 'from the old place' });
  await world.ask('bob', 'room-mute', { room: 'garden' });
  await world.engine.startNode('bob@desk', { peers: [await world.engine.endpointOf('bob'), await world.engine.endpointOf('alice')] });
  await world.ask('bob@desk', 'login', { password: PASSWORD });
  await world.soon('bob@desk has the room', async () => (await texts(world, 'bob@desk', 'garden').catch(() => [])).length === 151);
  const room = await world.ask<RoomView>('bob@desk', 'room', { room: 'garden' });
  t.is(room.role, 'member');
  t.true(room.muted);
  t.is(room.unread, 0);
  t.is((await texts(world, 'bob@desk', 'garden')).at(-1), 'from the old place');
  await world.ask('bob@desk', 'room-send', { room: 'garden', text: 'from the new place' });
  await world.ask('alice', 'room-send', { room: 'garden', text: 'welcome' });
  for (const node of ['alice', 'bob@desk']) {
    await world.soon(`${node} has it all`, async () => (await texts(world, node, 'garden')).filter((text) => text !== '(sealed)').length === 153);
  }
});

test('search finds parts of words in any case, edits too, and nothing that was deleted', async (t) => {
  const world = new SmallWorld(10);
  await world.people('alice');
  await world.ask('alice', 'room-create', { name: 'garden' });
  const ids: string[] = [];
  for (let count = 0; count < 600; count += 1) {
    const { id } = await world.ask<{ id: string }>('alice', 'room-send', {
      room: 'garden',
      text: count % 200 === 7 ? `A Needle number ${count}` : `hay ${count}`,
    });
    ids.push(id);
  }
  await world.ask('alice', 'room-edit', { room: 'garden', id: ids[3], text: 'a thimble' });
  await world.ask('alice', 'room-delete-message', { room: 'garden', id: ids[207] });
  const find = async (query: string): Promise<string[]> =>
    (await world.ask<{ messages: readonly RoomMessageView[] }>('alice', 'room-search', { room: 'garden', query })).messages.map((line) => line.text);
  t.deepEqual(await find('needle'), ['A Needle number 407', 'A Needle number 7']);
  t.deepEqual(await find('EEDL 407'), ['A Needle number 407']);
  t.deepEqual(await find('himbl'), ['a thimble']);
  t.deepEqual(
    await find('hay 3'),
    Array.from({ length: 600 }, (_, count) => count)
      .filter((count) => count % 200 !== 7 && String(count).includes('3') && count !== 3)
      .toReversed()
      .slice(0, 20)
      .map((count) => `hay ${count}`),
  );
  t.deepEqual(await find('nothing'), []);
});

test('whoever deletes the account leaves its rooms, and somebody else owns what it owned', async (t) => {
  const world = new SmallWorld(11);
  await world.people('alice', 'bob');
  const { link } = await world.ask<RoomView>('alice', 'room-create', { name: 'garden' });
  await world.ask('bob', 'room-join', { room: link });
  await world.ask('alice', 'delete-account', { password: PASSWORD });
  await world.soon('bob owns it alone', async () => {
    const { memberList } = await world.ask<RoomDetails>('bob', 'room', { room: 'garden' });
    return memberList.map(({ name, role }) => `${name} ${role}`).join() === 'bob owner';
  });
  t.is((await lines(world, 'bob', 'garden')).at(-1)?.kind, 'left');
});
