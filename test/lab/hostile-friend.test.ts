import test from 'ava';
import fc from 'fast-check';
import type { NodeInfo, UserView } from '../../src/core/commands.ts';
import type { Envelope, Message } from '../../src/core/messages.ts';
import { chatNode } from '../../src/core/node.ts';
import type { MessageId, UserId } from '../../src/core/types.ts';
import { type Attack, hostileNode } from '../../src/lab/hostile-node.ts';
import { PASSWORD, SmallWorld } from '../core/small-world.ts';

/** Alice, bob and mallory are friends of each other; mallory's node says what the attack wants from the moment it is armed. */
class Stage {
  readonly world: SmallWorld;
  /** Rewrites what mallory's node says. */
  say: (messages: readonly Message[]) => readonly Message[] = (messages) => messages;
  hear: (messages: readonly Message[]) => void = () => {};

  constructor(seed: number, more: Pick<Attack, 'twice'> = {}) {
    const attack: Attack = { ...more, say: (messages) => this.say(messages), hear: (messages) => this.hear(messages) };
    const program = (...[env, settings]: Parameters<typeof chatNode>) =>
      settings.user === 'mallory' ? hostileNode(env, settings, attack) : chatNode(env, settings);
    this.world = new SmallWorld(seed, {}, { program });
  }

  async friends(): Promise<void> {
    await this.world.people('alice', 'bob', 'mallory');
    await this.world.befriend('alice', 'bob');
    await this.world.befriend('alice', 'mallory');
    await this.world.befriend('bob', 'mallory');
  }

  async counter(node: string, name: string): Promise<number> {
    return (await this.world.ask<NodeInfo>(node, 'info')).counters[name] ?? 0;
  }

  async write(from: string, to: string, text: string): Promise<string> {
    return (await this.world.ask<{ id: string }>(from, 'send', { to, text })).id;
  }

  async arrives(at: string, from: string, texts: readonly string[]): Promise<void> {
    const same = async (): Promise<boolean> => JSON.stringify(await this.world.texts(at, from)) === JSON.stringify(texts);
    await this.world.soon(`${at} has ${texts.join(', ')} of ${from}`, same, 60_000);
  }

  /** Changes each envelope that mallory sends. */
  envelopes(change: (envelope: Envelope) => Envelope): void {
    this.say = (messages) => messages.map((message) => (message.type === 'envelope' ? { ...message, envelope: change(message.envelope) } : message));
  }

  /** Alice and bob still hear each other, and each word once. */
  async aliceAndBobGoOn(): Promise<void> {
    await this.write('alice', 'bob', 'are you well?');
    await this.arrives('bob', 'alice', ['are you well?']);
    await this.write('bob', 'alice', 'I am');
    await this.arrives('alice', 'bob', ['are you well?', 'I am']);
    await this.world.engine.stop();
  }
}

const idOf = async (stage: Stage, name: string): Promise<UserId> => (await stage.world.ask<UserView>('alice', 'user', { user: name })).userId;

test('replay: envelopes that come again and again are shown once', async (t) => {
  const stage = new Stage(31, { twice: true });
  await stage.friends();
  const kept: Message[] = [];
  stage.say = (messages) => {
    const again = [...messages, ...kept];
    kept.push(...messages.filter((message) => message.type === 'envelope'));
    return again;
  };
  for (const text of ['one', 'two', 'three']) await stage.write('mallory', 'bob', text);
  await stage.arrives('bob', 'mallory', ['one', 'two', 'three']);
  await stage.world.engine.wait(20_000);
  t.deepEqual(await stage.world.texts('bob', 'mallory'), ['one', 'two', 'three']);
  t.true((await stage.counter('bob', 'messagesTwice')) > 0, 'the attack took place');
  await stage.aliceAndBobGoOn();
});

test('reflection: what alice wrote to mallory, handed to bob or back to alice, opens nowhere', async (t) => {
  const stage = new Stage(32);
  await stage.friends();
  const caught: Envelope[] = [];
  stage.hear = (messages) => caught.push(...messages.flatMap((message) => (message.type === 'envelope' ? [message.envelope] : [])));
  await stage.write('alice', 'mallory', 'for you only');
  await stage.arrives('mallory', 'alice', ['for you only']);
  const [bob, alice] = [await idOf(stage, 'bob'), await idOf(stage, 'alice')];
  stage.say = (messages) => [
    ...messages,
    ...caught.flatMap((envelope): Message[] => [
      { type: 'envelope', envelope: { ...envelope, id: 'R'.repeat(21) as MessageId, to: bob } },
      { type: 'envelope', envelope: { ...envelope, id: 'S'.repeat(21) as MessageId, from: envelope.to, to: alice } },
    ]),
  ];
  await stage.write('mallory', 'bob', 'honest');
  await stage.write('mallory', 'alice', 'honest');
  await stage.arrives('bob', 'mallory', ['honest']);
  await stage.world.engine.wait(10_000);
  t.true((await stage.counter('bob', 'dropped:unreadable')) > 0, 'the attack took place');
  t.deepEqual(await stage.world.texts('bob', 'alice'), []);
  t.deepEqual(await stage.world.texts('alice', 'mallory'), ['for you only', 'honest']);
  await stage.aliceAndBobGoOn();
});

test('spoofed sender: mallory cannot write in the name of alice', async (t) => {
  const stage = new Stage(33);
  await stage.friends();
  const alice = await idOf(stage, 'alice');
  stage.envelopes((envelope) => ({ ...envelope, from: alice }));
  await stage.write('mallory', 'bob', 'I am alice, send money');
  await stage.world.engine.wait(10_000);
  t.deepEqual(await stage.world.texts('bob', 'alice'), []);
  t.deepEqual(await stage.world.texts('bob', 'mallory'), []);
  t.true((await stage.counter('bob', 'dropped:unreadable')) > 0, 'the attack took place');
  await stage.aliceAndBobGoOn();
});

test('downgrade: an envelope of an earlier suite is refused and counted as one', async (t) => {
  const stage = new Stage(34);
  await stage.friends();
  stage.envelopes((envelope) => ({ ...envelope, suite: 1 }));
  await stage.write('mallory', 'bob', 'in the old way');
  await stage.world.soon('bob refuses', async () => (await stage.counter('bob', 'dropped:downgrade')) > 0);
  t.deepEqual(await stage.world.texts('bob', 'mallory'), []);
  await stage.aliceAndBobGoOn();
});

test('turned bits: nothing opens, the sender gives up after a while, and the session of the two still works', async (t) => {
  const stage = new Stage(35);
  await stage.friends();
  await stage.write('mallory', 'bob', 'before');
  await stage.arrives('bob', 'mallory', ['before']);
  stage.envelopes((envelope) => {
    const sealed = new Uint8Array(envelope.part.sealed);
    sealed[30] = (sealed[30] as number) ^ 1;
    return { ...envelope, part: { ...envelope.part, sealed } };
  });
  const id = await stage.write('mallory', 'bob', 'broken');
  await stage.world.soon('mallory gives up', async () => (await stage.world.state('mallory', id)) === 'failed', 120_000);
  t.deepEqual(await stage.world.texts('bob', 'mallory'), ['before']);
  stage.say = (messages) => messages;
  await stage.write('mallory', 'bob', 'after');
  await stage.arrives('bob', 'mallory', ['before', 'after']);
  await stage.aliceAndBobGoOn();
});

test('flood: thousands of openings and jumps that open nothing leave no trace in the store of bob', async (t) => {
  const stage = new Stage(36);
  await stage.friends();
  await stage.write('mallory', 'bob', 'first');
  await stage.arrives('bob', 'mallory', ['first']);
  let count = 0;
  stage.say = (messages) => {
    const flood = messages.flatMap((message): Message[] => {
      if (message.type !== 'envelope') return [message];
      return Array.from({ length: 200 }, (): Message => {
        count += 1;
        const { envelope } = message;
        const id = `${count}`.padStart(21, 'F') as MessageId;
        const session = new Uint8Array(16).fill(count % 251);
        const ephemeral = new Uint8Array(32).fill(1 + (count % 200));
        const opening = { ephemeral, home: session, batch: count, oneTime: count % 16 };
        const part = count % 2 === 0 ? { ...envelope.part, session, opening } : { ...envelope.part, counter: 900 + (count % 50) };
        return { type: 'envelope', envelope: { ...envelope, id, part } };
      });
    });
    return flood.slice(0, 256);
  };
  for (let turn = 0; turn < 20; turn += 1) await stage.write('mallory', 'bob', `flood ${turn}`);
  await stage.world.engine.wait(5_000);
  stage.say = (messages) => messages;
  t.true(count >= 2_000, 'the attack took place');
  const tables = stage.world.engine.hosted('bob').disk.user?.tables;
  t.true((tables?.get('ratchets')?.size ?? 0) <= 3);
  t.is(tables?.get('skippedKeys')?.size ?? 0, 0);
  t.deepEqual(await stage.world.texts('bob', 'mallory'), ['first']);
  await stage.aliceAndBobGoOn();
});

test('forged ticks and refusals: what mallory says of a message between others changes nothing', async (t) => {
  const stage = new Stage(37);
  await stage.friends();
  await stage.world.engine.setRules([{ id: 'cut', kind: 'cut', from: ['alice'], to: ['bob'], oneWay: false }]);
  const id = (await stage.write('alice', 'bob', 'to bob alone')) as MessageId;
  stage.say = (messages) => [
    ...messages,
    { type: 'receipt', ids: [id], state: 'read', signature: new Uint8Array(64) },
    { type: 'refusal', ids: [id], reason: 'unreadable' },
    { type: 'refusal', ids: [id], reason: 'not-friends' },
  ];
  await stage.write('mallory', 'alice', 'a word, and lies behind it');
  await stage.arrives('alice', 'mallory', ['a word, and lies behind it']);
  t.is(await stage.world.state('alice', id), 'queued');
  await stage.world.engine.setRules([]);
  await stage.arrives('bob', 'alice', ['to bob alone']);
  await stage.world.soon('delivered', async () => (await stage.world.state('alice', id)) === 'delivered');
  await stage.world.engine.stop();
});

test('garbage: messages of any shape are dropped, and the link and the people on it live on', async (t) => {
  const stage = new Stage(38);
  await stage.friends();
  const garbage = fc.sample(fc.anything({ withNullPrototype: false }), { numRuns: 300, seed: 38 });
  const shaped = fc.sample(
    fc.record({ type: fc.constantFrom('envelope', 'hello', 'receipt', 'facts', 'records', 'ring-ask', 'replica-ask', 'handover-page'), a: fc.anything() }),
    {
      numRuns: 300,
      seed: 38,
    },
  );
  const all = [...garbage, ...shaped] as unknown as readonly Message[];
  let at = 0;
  stage.say = (messages) => {
    const some = all.slice(at % all.length, (at % all.length) + 50);
    at += 50;
    return [...messages, ...some];
  };
  for (let turn = 0; turn < 12; turn += 1) await stage.write('mallory', 'bob', `word ${turn}`);
  await stage.world.engine.wait(10_000);
  t.true(at >= all.length, 'the attack took place');
  stage.say = (messages) => messages;
  await stage.aliceAndBobGoOn();
});

test('stolen prekeys: records that are not of their author, or older, replace nothing', async (t) => {
  const stage = new Stage(39);
  await stage.friends();
  const bob = await idOf(stage, 'bob');
  const rowOf = (node: string): unknown => stage.world.engine.hosted(node).disk.node.get('records')?.get(`prekeys/${bob}`);
  const before = rowOf('alice') as { bytes: Uint8Array; signature: Uint8Array };
  const mallory = await idOf(stage, 'mallory');
  const own = stage.world.engine.hosted('mallory').disk.node.get('records')?.get(`prekeys/${mallory}`) as typeof before;
  const forged = { bytes: before.bytes.map((byte, index) => (index === 60 ? byte ^ 1 : byte)), signature: before.signature };
  stage.say = (messages) => [...messages, { type: 'records', records: [forged, { bytes: before.bytes, signature: own.signature }, before], final: 0 }];
  await stage.write('mallory', 'alice', 'and some records');
  await stage.arrives('alice', 'mallory', ['and some records']);
  t.deepEqual(rowOf('alice'), before);
  t.true((await stage.counter('alice', 'recordsRefused')) > 0, 'the attack took place');
  t.is(await stage.world.outcome('mallory', 'login', { password: PASSWORD }), 'already-logged-in');
  await stage.aliceAndBobGoOn();
});
