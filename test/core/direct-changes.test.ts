import test from 'ava';
import type { Commands, MessageView } from '../../src/core/commands.ts';
import { PASSWORD, SmallWorld } from './small-world.ts';

type Result<Name extends keyof Commands> = Commands[Name]['result'];

async function pair(seed: number, ...others: readonly string[]): Promise<SmallWorld> {
  const world = new SmallWorld(seed);
  await world.people('alice', 'bob', ...others);
  await world.befriend('alice', 'bob');
  return world;
}

async function chat(world: SmallWorld, at: string, other: string): Promise<readonly MessageView[]> {
  return (await world.ask<Result<'history'>>(at, 'history', { with: other, limit: 500 })).messages;
}

async function send(world: SmallWorld, from: string, to: string, text: string, more: object = {}): Promise<string> {
  return (await world.ask<Result<'send'>>(from, 'send', { to, text, ...more })).id;
}

/** What both screens have to agree on. */
function common(messages: readonly MessageView[]): unknown {
  return messages.map(({ id, text, deleted, edited, reactions, replyTo }) => ({ id, text, deleted, edited, reactions, replyTo }));
}

async function alike(world: SmallWorld): Promise<boolean> {
  const [one, two] = [await chat(world, 'alice', 'bob'), await chat(world, 'bob', 'alice')];
  return JSON.stringify(common(one)) === JSON.stringify(common(two)) && one.every((message) => !message.changing) && two.every((message) => !message.changing);
}

/** Text in any table of the user's store, index and outbox included. */
function stands(world: SmallWorld, node: string, text: string): boolean {
  const tables = [...(world.engine.hosted(node).disk.user?.tables.values() ?? [])];
  return tables.some((rows) => [...rows.scan({})].some(([, value]) => JSON.stringify(value).includes(text)));
}

test('an answer, a reaction, an edit and a deletion are the same on both screens, and ticks stay with the message', async (t) => {
  const world = await pair(1);
  const first = await send(world, 'alice', 'bob', 'shall we meet at noon?');
  await world.soon('it is there', async () => (await chat(world, 'bob', 'alice')).length === 1);
  await send(world, 'bob', 'alice', 'at one', { replyTo: first });
  await world.ask('bob', 'react', { with: 'alice', id: first, reaction: '+1' });
  await world.ask('alice', 'edit', { with: 'bob', id: first.slice(0, 15), text: 'shall we meet at one?' });
  await world.soon('they agree', async () => (await alike(world)) && (await chat(world, 'alice', 'bob')).length === 2);
  const [message, answer] = await chat(world, 'alice', 'bob');
  t.like(message, { text: 'shall we meet at one?', edited: true, state: 'delivered', reactions: [{ reaction: '+1', by: ['bob'] }] });
  t.deepEqual(answer?.replyTo, { id: first, from: 'alice', text: 'shall we meet at one?' });
  await world.ask('bob', 'react', { with: 'alice', id: first, reaction: '+1', remove: true });
  await world.ask('alice', 'delete-message', { with: 'bob', id: first });
  await world.soon('they agree again', async () => (await alike(world)) && (await chat(world, 'bob', 'alice'))[0]?.deleted === true);
  t.like((await chat(world, 'bob', 'alice'))[0], { text: '', deleted: true, reactions: [] });
  t.is((await chat(world, 'bob', 'alice'))[1]?.replyTo?.text, '', 'nor does it live on where it was quoted');
  await world.engine.stop();
});

test('only who wrote a message changes it, in the chat that it is in; refusals say so', async (t) => {
  const world = await pair(2, 'carol');
  await world.befriend('alice', 'carol');
  const id = await send(world, 'alice', 'bob', 'mine');
  await world.soon('it is there', async () => (await chat(world, 'bob', 'alice')).length === 1);
  t.is(await world.outcome('bob', 'edit', { with: 'alice', id, text: 'yours' }), 'not-your-message');
  t.is(await world.outcome('bob', 'delete-message', { with: 'alice', id }), 'not-your-message');
  t.is(await world.outcome('alice', 'react', { with: 'carol', id, reaction: '+1' }), 'unknown-message');
  t.is(await world.outcome('alice', 'edit', { with: 'bob', id, text: '' }), 'empty-text');
  t.is(await world.outcome('alice', 'send', { to: 'carol', text: 'x', replyTo: id }), 'unknown-message');
  for (let index = 0; index < 32; index += 1) await world.ask('bob', 'react', { with: 'alice', id, reaction: `r${index}` });
  t.is(await world.outcome('bob', 'react', { with: 'alice', id, reaction: 'one more' }), 'too-many-reactions');
  t.is(await world.outcome('bob', 'react', { with: 'alice', id, reaction: 'r3', remove: true }), 'ok');
  await world.ask('alice', 'delete-message', { with: 'bob', id });
  t.is(await world.outcome('alice', 'edit', { with: 'bob', id, text: 'again' }), 'unknown-message');
  await world.engine.stop();
});

test('a deleted text is in no table of either side any more', async (t) => {
  const world = await pair(3);
  const secret = 'xyzzy-gone-for-good';
  const id = await send(world, 'alice', 'bob', `the word is ${secret}`);
  await world.soon('it is there', async () => (await world.texts('bob', 'alice')).length === 1);
  t.true(stands(world, 'alice', secret) && stands(world, 'bob', secret), 'the scan finds what is there');
  for (const [at, other] of [
    ['alice', 'bob'],
    ['bob', 'alice'],
  ] as const) {
    t.is((await world.ask<Result<'search'>>(at, 'search', { with: other, query: 'GONE-for' })).messages.length, 1);
  }
  await world.ask('alice', 'delete-message', { with: 'bob', id });
  await world.soon('bob has the deletion', async () => (await chat(world, 'bob', 'alice'))[0]?.deleted === true && (await alike(world)));
  for (const [at, other] of [
    ['alice', 'bob'],
    ['bob', 'alice'],
  ] as const) {
    t.false(stands(world, at, secret), at);
    t.is((await world.ask<Result<'search'>>(at, 'search', { with: other, query: secret })).messages.length, 0);
    t.is((await world.ask<Result<'chats'>>(at, 'chats')).chats[0]?.lastText, '');
  }
  await world.engine.stop();
});

test('changes reach somebody who was away, although the writer is gone by then', async (t) => {
  const world = await pair(4, 'carol', 'dave');
  const before = await send(world, 'alice', 'bob', 'before');
  await world.soon('it is there', async () => (await chat(world, 'bob', 'alice')).length === 1);
  await world.engine.killNode('bob');
  const later = await send(world, 'alice', 'bob', 'later');
  await world.ask('alice', 'edit', { with: 'bob', id: before, text: 'changed' });
  await world.ask('alice', 'edit', { with: 'bob', id: later, text: 'later, changed' });
  await world.ask('alice', 'react', { with: 'bob', id: later, reaction: 'hm' });
  t.true((await chat(world, 'alice', 'bob'))[0]?.changing);
  await world.soon('it is held', async () => (await world.state('alice', later)) === 'held');
  await world.engine.wait(2_000);
  await world.engine.killNode('alice');
  await world.engine.startNode('bob', { peers: [await world.engine.endpointOf('carol')] });
  await world.ask('bob', 'login', { password: PASSWORD });
  await world.soon('bob has all of it', async () => {
    const seen = await chat(world, 'bob', 'alice');
    return seen[0]?.text === 'changed' && seen[1]?.text === 'later, changed' && seen[1].reactions.length === 1;
  });
  await world.engine.startNode('alice', { peers: [await world.engine.endpointOf('carol')] });
  await world.ask('alice', 'login', { password: PASSWORD });
  await world.soon('alice hears of it', () => alike(world));
  await world.engine.stop();
});

test('a takeover brings messages as they were changed, and changes that still wait', async (t) => {
  const world = await pair(5, 'carol');
  const id = await send(world, 'alice', 'bob', 'first');
  await world.soon('it is there', async () => (await chat(world, 'bob', 'alice')).length === 1);
  await world.ask('bob', 'react', { with: 'alice', id, reaction: '+1' });
  await world.ask('alice', 'edit', { with: 'bob', id, text: 'second' });
  await world.soon('they agree', () => alike(world));
  await world.ask('alice', 'mute', { with: 'bob' });
  await world.engine.killNode('bob');
  await world.ask('alice', 'edit', { with: 'bob', id, text: 'third' });
  await world.engine.startNode('alice@desk', { peers: [await world.engine.endpointOf('carol')] });
  await world.ask('alice@desk', 'login', { password: PASSWORD });
  await world.soon('the desk has it', async () => (await chat(world, 'alice@desk', 'bob'))[0]?.text === 'third');
  t.like((await chat(world, 'alice@desk', 'bob'))[0], { edited: true, reactions: [{ reaction: '+1', by: ['bob'] }] });
  t.true((await world.ask<Result<'chats'>>('alice@desk', 'chats')).chats[0]?.muted);
  await world.engine.stopNode('alice');
  await world.engine.startNode('bob', { peers: [await world.engine.endpointOf('carol')] });
  await world.ask('bob', 'login', { password: PASSWORD });
  await world.soon('bob has the last edit', async () => (await chat(world, 'bob', 'alice'))[0]?.text === 'third');
  await world.engine.stop();
});

test('typing is heard by a friend who is here, is over by itself or with the message, and can be turned off', async (t) => {
  const world = await pair(6);
  const heard = (): readonly boolean[] =>
    world.heard.filter((each) => each.node === 'bob' && each.event.type === 'typing').map((each) => (each.event as unknown as { typing: boolean }).typing);
  await world.ask('alice', 'typing', { with: 'bob', typing: true });
  await world.soon('bob hears it', async () => heard().length === 1);
  await world.soon('it is over by itself', async () => heard().length === 2, 10_000);
  await world.ask('alice', 'typing', { with: 'bob', typing: true });
  await world.soon('bob hears it', async () => heard().length === 3);
  await send(world, 'alice', 'bob', 'done');
  await world.soon('the message ends it', async () => heard().length === 4);
  await world.ask('alice', 'settings', { typing: false });
  await world.ask('alice', 'typing', { with: 'bob', typing: true });
  await world.engine.wait(2_000);
  t.deepEqual(heard(), [true, false, true, false]);
  await world.engine.stop();
});

test('the first search in a long chat makes its index bit by bit, and other commands are answered meanwhile', async (t) => {
  const world = new SmallWorld(8, { searchesWaitingMax: 3 });
  await world.people('alice', 'bob');
  await world.befriend('alice', 'bob');
  for (let index = 0; index < 2_600; index += 1) await world.ask('alice', 'send', { to: 'bob', text: `line ${index}` });
  const order: string[] = [];
  const search = async (query: string): Promise<number> => {
    const { messages } = await world.ask<Result<'search'>>('alice', 'search', { with: 'bob', query });
    order.push(query);
    return messages.length;
  };
  const found = [search('line 2599'), search('line 3'), search('line 12'), world.outcome('alice', 'search', { with: 'bob', query: 'one too many' })];
  await world.ask('alice', 'profile');
  order.push('profile');
  t.deepEqual(await Promise.all(found), [1, 20, 20, 'busy']);
  t.deepEqual(order, ['profile', 'line 2599', 'line 3', 'line 12'], 'the index takes more than a turn');
  await world.soon('bob has it all', async () => (await world.texts('bob', 'alice')).at(-1) === 'line 2599');
  const waiting = [world.outcome('bob', 'search', { with: 'alice', query: 'line' }), world.outcome('bob', 'logout')];
  t.deepEqual(await Promise.all(waiting), ['not-logged-in', 'ok']);
  await world.engine.stop();
});

test('a chat is searched, read around a message that was found, and exported', async (t) => {
  const world = await pair(7);
  const ids: string[] = [];
  for (let index = 0; index < 600; index += 1) ids.push(await send(world, 'alice', 'bob', `line ${index} ${index % 50 === 7 ? 'Heron' : 'duck'}`));
  const find = async (query: string): Promise<readonly string[]> =>
    (await world.ask<Result<'search'>>('alice', 'search', { with: 'bob', query })).messages.map((message) => message.text);
  const herons = Array.from({ length: 12 }, (_, index) => `line ${557 - index * 50} Heron`);
  t.deepEqual(await find('heron'), herons);
  t.deepEqual(await find('heron'), herons, 'and by the index as well');
  await world.ask('alice', 'edit', { with: 'bob', id: ids[57], text: 'line 57 egret' });
  t.deepEqual(await find('egret line'), ['line 57 egret']);
  t.is((await find('heron')).length, 11);
  const around = await world.ask<Result<'history'>>('alice', 'history', { with: 'bob', around: ids[300], limit: 10 });
  t.deepEqual(
    around.messages.map((message) => message.text.split(' ')[1]),
    ['295', '296', '297', '298', '299', '300', '301', '302', '303', '304'],
  );
  const lines: string[] = [];
  for (let after: string | null | undefined; after !== null; ) {
    const page: Result<'export'> = await world.ask('alice', 'export', { with: 'bob', limit: 250, ...(after === undefined ? {} : { after }) });
    lines.push(...page.lines);
    after = page.next;
  }
  t.is(lines.length, 600);
  t.regex(lines[57] ?? '', /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d {2}alice: line 57 egret \(edited\)$/u);
  await world.engine.stop();
});
