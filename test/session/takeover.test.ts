import test from 'ava';
import { CborCodec } from '../../src/adapters/codec/cbor.ts';
import { NodeCrypto } from '../../src/adapters/crypto/node-crypto.ts';
import type { MessageView, NodeEvent, NodeInfo } from '../../src/core/commands.ts';
import { ConfabError } from '../../src/core/errors.ts';
import type { CoreOptions } from '../../src/core/options.ts';
import { SimEngine } from '../../src/engine/sim.ts';

const PASSWORD = 'correct horse';
const capabilities = { crypto: new NodeCrypto(), codec: new CborCodec() };

class Stage {
  readonly engine: SimEngine;
  readonly events: Array<{ readonly node: string; readonly event: NodeEvent; readonly atMillis: number }> = [];

  constructor(seed: number, coreOptions: Partial<CoreOptions> = {}) {
    this.engine = new SimEngine({ seed, capabilities, coreOptions, traced: true });
    this.engine.onEvent((node, event) => this.events.push({ node, event: event as NodeEvent, atMillis: this.engine.now() }));
  }

  async ask<Value>(node: string, command: string, args: Readonly<Record<string, unknown>> = {}): Promise<Value> {
    return (await this.engine.command(node, command, args, 60_000)) as Value;
  }

  /** The code of the refusal; '' when there was none. */
  async code(node: string, command: string, args: Readonly<Record<string, unknown>> = {}): Promise<string> {
    try {
      await this.ask(node, command, args);
      return '';
    } catch (error) {
      if (error instanceof ConfabError) return error.code;
      throw error;
    }
  }

  async start(node: string): Promise<void> {
    const first = this.engine.nodes()[0];
    await this.engine.startNode(node, { peers: first === undefined ? [] : [await this.engine.endpointOf(first)] });
  }

  /** alice and bob, friends; without a seed server unless one was started. */
  async friends(): Promise<void> {
    for (const name of ['alice', 'bob']) {
      await this.start(name);
      await this.ask(name, 'register', { password: PASSWORD });
    }
    await this.until(() => this.code('alice', 'friend-add', { user: 'bob' }));
    await this.until(() => this.code('bob', 'friend-accept', { user: 'alice' }));
    await this.until(async () => ((await this.ask<{ friends: unknown[] }>('alice', 'friends')).friends.length === 1 ? '' : 'not yet'));
  }

  /** Until `seen` says ''. */
  async until(seen: () => Promise<string>, withinMillis = 10_000): Promise<void> {
    const left = await this.engine.until(async () => (await seen()) || null, withinMillis);
    if (left !== null) throw new Error(left);
  }

  async loggedIn(node: string): Promise<boolean> {
    return (await this.ask<NodeInfo>(node, 'info')).loggedIn;
  }

  async history(node: string, peer: string): Promise<readonly MessageView[]> {
    let messages: readonly MessageView[] = [];
    for (;;) {
      const before = messages[0]?.key;
      const page = await this.ask<{ messages: readonly MessageView[]; more: boolean }>(node, 'history', {
        with: peer,
        limit: 500,
        ...(before === undefined ? {} : { before }),
      });
      messages = [...page.messages, ...messages];
      if (!page.more) return messages;
    }
  }
}

test('a login without a vault gets it from the node that is logged in, and no seed server is there', async (t) => {
  const stage = new Stage(1);
  await stage.friends();
  await stage.start('alice@desk');
  t.is(await stage.code('alice@desk', 'login', { password: 'wrong horse' }), 'wrong-password');
  t.true(await stage.loggedIn('alice'), 'a wrong password takes nothing over');
  await stage.ask('alice@desk', 'login', { password: PASSWORD });
  await stage.until(async () => ((await stage.loggedIn('alice')) ? 'still logged in' : ''));
  t.true((await stage.ask<NodeInfo>('alice@desk', 'info')).registered);
  const trace = await stage.engine.trace();
  t.true(trace.some(({ node, detail }) => node === 'alice' && detail.type === 'state' && detail.subject === 'vault' && detail.to === 'handed over'));
  await stage.engine.stop();
});

test('nobody logged in, no seed server: the login says that the vault cannot be reached', async (t) => {
  const stage = new Stage(2);
  await stage.friends();
  await stage.start('alice@desk');
  await stage.ask('alice', 'logout');
  t.is(await stage.code('alice@desk', 'login', { password: PASSWORD }), 'unavailable');
  await stage.engine.stop();
});

test('the old session is told why within a second, takes no more commands, and ends after handing over', async (t) => {
  const stage = new Stage(3, { handoverRowsMax: 2 });
  await stage.friends();
  for (let count = 0; count < 40; count += 1) await stage.ask('alice', 'send', { to: 'bob', text: `line ${count}` });
  await stage.ask('alice', 'draft', { with: 'bob', text: 'half a sentence' });
  await stage.ask('alice', 'status', { presence: 'busy', text: 'moving house' });
  await stage.ask('alice', 'settings', { bell: false, unaskedMegabytes: 5 });
  await stage.start('alice@desk');
  await stage.ask('alice@desk', 'login', { password: PASSWORD });
  const atMillis = stage.engine.now();
  const told = (): (typeof stage.events)[number] | undefined =>
    stage.events.find(({ node, event }) => node === 'alice' && event.type === 'notice' && event.text.startsWith('You logged in at alice@desk'));
  await stage.until(async () => (told() === undefined ? 'not told' : ''), 1_000);
  t.true((told()?.atMillis ?? Number.POSITIVE_INFINITY) - atMillis < 1_000);
  t.is(await stage.code('alice', 'send', { to: 'bob', text: 'too late' }), 'session-moved');
  await stage.until(async () => ((await stage.loggedIn('alice')) ? 'still logged in' : ''));
  const ended = stage.events.find(({ node, event }) => node === 'alice' && event.type === 'logged-out');
  t.is(ended?.event.type === 'logged-out' ? ended.event.reason : '', 'You logged in at alice@desk; everything was handed over');
  t.is(await stage.code('alice', 'send', { to: 'bob', text: 'too late' }), 'not-logged-in');
  t.is((await stage.history('alice@desk', 'bob')).length, 40);
  t.is((await stage.ask<{ text: string }>('alice@desk', 'draft', { with: 'bob' })).text, 'half a sentence');
  t.deepEqual(await stage.ask('alice@desk', 'settings'), { readReceipts: true, typing: true, bell: false, unaskedMegabytes: 5 });
  t.deepEqual(await stage.ask('alice@desk', 'status'), { presence: 'busy', statusText: 'moving house' });
  await stage.until(async () => {
    const { users } = await stage.ask<{ users: ReadonlyArray<{ name: string; presence: string; statusText: string }> }>('bob', 'users');
    const seen = users.filter((user) => user.name === 'alice');
    return seen.length === 1 && seen[0]?.presence === 'busy' && seen[0].statusText === 'moving house' ? '' : JSON.stringify(seen);
  });
  await stage.engine.stop();
});

test('S3: a handover that is cut off, on either side and by kills, goes on where it was', async (t) => {
  const stage = new Stage(4, { handoverRowsMax: 2 });
  await stage.friends();
  for (let count = 0; count < 60; count += 1) await stage.ask('alice', 'send', { to: 'bob', text: `line ${count}` });
  await stage.until(async () => ((await stage.history('bob', 'alice')).length === 60 ? '' : 'not yet'));
  await stage.start('alice@desk');
  await stage.ask('alice@desk', 'login', { password: PASSWORD });
  const arrived = async (): Promise<number> => (await stage.history('alice@desk', 'bob')).length;
  await stage.until(async () => ((await arrived()) >= 6 ? '' : 'not yet'));
  await stage.engine.killNode('alice');
  const before = await arrived();
  t.true(before < 60, 'the kill came too late');
  await stage.engine.killNode('alice@desk');
  await stage.start('alice');
  await stage.start('alice@desk');
  await stage.ask('alice@desk', 'login', { password: PASSWORD });
  t.true((await arrived()) >= before, 'pages that were acknowledged are there');
  await stage.until(async () => ((await arrived()) === 60 ? '' : `${await arrived()} messages`));
  const pages = (await stage.engine.trace()).filter(({ detail }) => detail.type === 'state' && detail.subject === 'handover' && detail.to === 'given').length;
  t.true(pages < 30 + 12, `${pages} pages: it began anew`);
  await stage.engine.stop();
});

test('S2: what a session that was overtaken still says does not count, and comes by the new one', async (t) => {
  const stage = new Stage(5);
  await stage.friends();
  await stage.start('alice@desk');
  await stage.engine.setRules([{ id: 'own', kind: 'cut', from: ['alice'], to: ['alice@desk'], oneWay: false }]);
  // bob must not tell the old session either: he hears it, and it does not hear him.
  await stage.engine.setRules([
    { id: 'own', kind: 'cut', from: ['alice'], to: ['alice@desk'], oneWay: false },
    { id: 'deaf', kind: 'cut', from: ['bob'], to: ['alice'], oneWay: true },
  ]);
  await stage.engine.startSeedServer();
  await stage.engine.wait(4_000);
  await stage.until(() => stage.code('alice@desk', 'login', { password: PASSWORD }), 20_000);
  await stage.until(async () => {
    const { peers } = await stage.ask<{ peers: ReadonlyArray<{ node: string; state: string }> }>('bob', 'peers');
    return peers.some((peer) => peer.node === 'alice@desk' && peer.state === 'up') ? '' : 'bob has no link with the desk';
  });
  t.true(await stage.loggedIn('alice'), 'it cannot know');
  await stage.ask('alice', 'send', { to: 'bob', text: 'from the overtaken session' });
  await stage.engine.wait(300);
  t.deepEqual(await stage.history('bob', 'alice'), []);
  await stage.engine.setRules([]);
  await stage.until(async () => ((await stage.history('bob', 'alice')).length === 1 ? '' : 'not yet'), 20_000);
  await stage.until(async () => ((await stage.loggedIn('alice')) ? 'still logged in' : ''));
  const [message] = await stage.history('alice@desk', 'bob');
  t.is(message?.text, 'from the overtaken session');
  await stage.until(async () => ((await stage.history('alice@desk', 'bob'))[0]?.state === 'delivered' ? '' : 'not delivered'));
  await stage.engine.stop();
});

test('ten thousand messages arrive byte for byte in under ten seconds', async (t) => {
  t.timeout(60_000);
  const stage = new Stage(6);
  await stage.friends();
  const text = (count: number): string => `Zeile ${count} \n ünïcödé 🙂 ${'z'.repeat(count % 90)}`;
  const sends: Array<Promise<unknown>> = [];
  for (let count = 0; count < 10_000; count += 1) sends.push(stage.ask('alice', 'send', { to: 'bob', text: text(count) }));
  await Promise.all(sends);
  await stage.until(async () => ((await stage.history('bob', 'alice')).length === 10_000 ? '' : 'not yet'), 120_000);
  await stage.until(async () => ((await stage.history('alice', 'bob')).every((message) => message.state === 'delivered') ? '' : 'not delivered'), 20_000);
  const before = await stage.history('alice', 'bob');
  await stage.start('alice@desk');
  await stage.ask('alice@desk', 'login', { password: PASSWORD });
  const begunMillis = stage.engine.now();
  await stage.until(async () => ((await stage.loggedIn('alice')) ? 'still handing over' : ''), 60_000);
  t.true(stage.engine.now() - begunMillis < 10_000, `${stage.engine.now() - begunMillis} ms`);
  t.deepEqual(await stage.history('alice@desk', 'bob'), before);
  await stage.engine.stop();
});

test('two logins at the same instant: one session is left, and it does not matter which', async (t) => {
  for (let seed = 10; seed < 20; seed += 1) {
    const stage = new Stage(seed);
    await stage.engine.startSeedServer();
    await stage.friends();
    for (const node of ['alice@desk', 'alice@lap']) await stage.start(node);
    await Promise.all(['alice@desk', 'alice@lap'].map((node) => stage.ask(node, 'login', { password: PASSWORD })));
    await stage.until(async () => {
      const held: string[] = [];
      for (const node of ['alice', 'alice@desk', 'alice@lap']) if (await stage.loggedIn(node)) held.push(node);
      return held.length === 1 ? '' : `seed ${seed}: ${held.join(', ')}`;
    });
    t.false(await stage.loggedIn('alice'), `seed ${seed}: the oldest one does not win`);
    await stage.engine.stop();
  }
});
