import test from 'ava';
import type { DatagramContent } from '../../src/core/datagram.ts';
import { type UnlinkedAnswer, type UnlinkedAsk, UnwrittenQuestion } from '../../src/core/link/question-packet.ts';
import { UnlinkedQuestions } from '../../src/core/link/unlinked-questions.ts';
import { CORE_OPTIONS } from '../../src/core/options.ts';
import type { Parts } from '../../src/core/parts.ts';
import { idOfKey } from '../../src/core/records.ts';
import type { Contact } from '../../src/core/ring/circle.ts';
import type { NodeId } from '../../src/core/types.ts';
import { SeededRandom } from '../../src/sim/random.ts';
import { SmallWorld } from './small-world.ts';
import { tools } from './tools.ts';

const RESEND = CORE_OPTIONS.unlinkedResendMillis;

/** One end: its own clock, timer and what it sent. */
class End {
  readonly contact: Contact;
  readonly sent: Array<{ readonly to: string; readonly content: UnwrittenQuestion }> = [];
  readonly counters = new Map<string, number>();
  readonly questions: UnlinkedQuestions;
  now = 0;
  due = Number.POSITIVE_INFINITY;
  crowd = true;

  constructor(name: string, answer: (question: UnlinkedAsk) => UnlinkedAnswer | null) {
    const random = new SeededRandom(name);
    const signingSeed = random.bytes(32);
    const id = idOfKey(tools.crypto, tools.crypto.signingKeyPair(signingSeed).publicKey) as NodeId;
    this.contact = { id, endpoint: { address: `sim:${name.length}`, key: random.bytes(32) }, name, datagram: `udp://sim:${name.length}` };
    const now = () => this.now;
    const isCrowd = () => this.crowd;
    const env = {
      ...tools,
      random,
      nodeKeys: { signingSeed },
      tracing: false,
      get monotonicMillis() {
        return now();
      },
      sendDatagram: (to: { readonly address: string }, content: UnwrittenQuestion) => this.sent.push({ to: to.address, content }),
      setTimer: (_kind: string, _key: string, delayMillis: number) => (this.due = this.now + delayMillis),
      cancelTimer: () => (this.due = Number.POSITIVE_INFINITY),
    };
    const view = {
      get userCount() {
        return isCrowd() ? CORE_OPTIONS.randomLinkCountMax + 1 : CORE_OPTIONS.randomLinkCountMax;
      },
    };
    const count = (counter: string) => void this.counters.set(counter, (this.counters.get(counter) ?? 0) + 1);
    const parts = { env, options: CORE_OPTIONS, settings: { network: 'test' }, session: { nodeId: id }, swim: { active: true }, view, count };
    this.questions = new UnlinkedQuestions(parts as unknown as Parts, answer);
  }

  passTo(millis: number): void {
    while (this.due <= millis) {
      this.now = this.due;
      this.due = Number.POSITIVE_INFINITY;
      this.questions.timer();
    }
    this.now = millis;
  }

  ping(to: Contact, settled: (answer: UnlinkedAnswer | null) => void, patienceMillis = RESEND * 10): boolean {
    return this.questions.ask(to, (id) => ({ type: 'ring-ask', id, question: { ask: 'ping' } }), patienceMillis, settled);
  }

  get last(): DatagramContent {
    return (this.sent.at(-1) as { readonly content: UnwrittenQuestion }).content;
  }
}

const ALIVE = (question: UnlinkedAsk): UnlinkedAnswer => ({ type: 'ring-answer', id: question.id, answer: { answer: 'alive', predecessor: null } });

function pair(answer: (question: UnlinkedAsk) => UnlinkedAnswer | null = ALIVE): { alice: End; bob: End; heard: Array<UnlinkedAnswer | null> } {
  return { alice: new End('alice', ALIVE), bob: new End('bob', answer), heard: [] };
}

test('a question that is lost twice is answered the third time, once', (t) => {
  const { alice, bob, heard } = pair();
  t.true(alice.ping(bob.contact, (answer) => heard.push(answer)));
  alice.passTo(RESEND * 2);
  t.is(alice.sent.length, 3);
  bob.questions.receive('udp://sim:5', alice.last);
  alice.questions.receive('udp://sim:3', bob.last);
  alice.questions.receive('udp://sim:3', bob.last);
  alice.passTo(RESEND * 10);
  t.is(heard.length, 1);
  t.like(heard[0], { type: 'ring-answer', answer: { answer: 'alive' } });
  t.is(alice.sent.length, 3);
  t.is(alice.counters.get('unlinkedRefused:unasked'), 1, 'the second copy');
});

test('an answer that comes after the end is none, but the next question waits longer before it is asked again', (t) => {
  const { alice, bob, heard } = pair();
  alice.ping(bob.contact, (answer) => heard.push(answer), RESEND * 20);
  const late = alice.last;
  alice.passTo(RESEND * 4);
  t.deepEqual(heard, [null]);
  bob.questions.receive('udp://sim:5', late);
  alice.questions.receive('udp://sim:3', bob.last);
  t.deepEqual(heard, [null]);
  const before = alice.sent.length;
  alice.ping(bob.contact, (answer) => heard.push(answer), RESEND * 20);
  alice.passTo(alice.now + RESEND * 4);
  t.is(alice.sent.length, before + 1, 'not asked a second time yet');
  bob.questions.receive('udp://sim:5', alice.last);
  alice.questions.receive('udp://sim:3', bob.last);
  t.is(heard.length, 2);
  t.not(heard[1], null);
});

test('whoever does not answer is left to a link, and after four of them nobody is asked like this for a while', (t) => {
  const { alice, bob, heard } = pair();
  for (let count = 1; count <= 4; count += 1) {
    t.true(alice.ping(bob.contact, (answer) => heard.push(answer)));
    alice.passTo(alice.now + RESEND * 3);
    t.deepEqual(
      heard,
      Array.from({ length: count }, () => null),
    );
  }
  t.false(alice.ping(bob.contact, (answer) => heard.push(answer)));
  alice.passTo(alice.now + 30_000);
  t.true(alice.ping(bob.contact, (answer) => heard.push(answer)));
});

test('an answer counts only from who was asked, with its number and of its kind', (t) => {
  const { alice, bob, heard } = pair();
  const carol = new End('carol', ALIVE);
  alice.ping(bob.contact, (answer) => heard.push(answer));
  const question = alice.last;
  carol.questions.receive('udp://sim:5', question);
  t.is(carol.counters.get('unlinkedRefused:stray'), 1, 'it was not for her');
  const { packet } = question as UnwrittenQuestion;
  const key = tools.crypto.signingKeyPair(new Uint8Array(32).fill(8));
  const forged = { ...packet, kind: 'answer' as const, senderKey: key.publicKey, target: alice.contact.id, message: ALIVE(packet.message as UnlinkedAsk) };
  alice.questions.receive('udp://sim:3', new UnwrittenQuestion(tools, key, (question as UnwrittenQuestion).network, forged).write());
  bob.questions.receive('udp://sim:5', question);
  const right = (bob.last as UnwrittenQuestion).packet;
  for (const wrong of [
    { ...right, number: right.number + 1 },
    { ...right, message: { type: 'replica-answer' as const, id: right.number, answer: { answer: 'outside' as const } } },
  ]) {
    alice.questions.receive('udp://sim:3', new UnwrittenQuestion(tools, key, (question as UnwrittenQuestion).network, wrong));
  }
  t.is(alice.counters.get('unlinkedRefused:unasked'), 3);
  const broken = (bob.last as UnwrittenQuestion).write().slice();
  broken[broken.length - 1] = (broken.at(-1) as number) ^ 1;
  alice.questions.receive('udp://sim:3', broken);
  t.is(alice.counters.get('unlinkedRefused:unsigned'), 1);
  t.deepEqual(heard, []);
  alice.questions.receive('udp://sim:3', (bob.last as UnwrittenQuestion).write());
  t.is(heard.length, 1);
});

test('what does not fit, or is told over links only, is asked for over a link at once', (t) => {
  const large: UnlinkedAnswer = {
    type: 'replica-answer',
    id: 1,
    answer: { answer: 'page', page: { values: [{ kind: 'user', bytes: new Uint8Array(2_000) }], hash: '0'.repeat(64) }, more: null },
  };
  for (const said of [null, large]) {
    const { alice, bob, heard } = pair(() => said);
    alice.ping(bob.contact, (answer) => heard.push(answer));
    bob.questions.receive('udp://sim:5', alice.last);
    alice.questions.receive('udp://sim:3', bob.last);
    t.deepEqual(heard, [null]);
    t.is(alice.due, Number.POSITIVE_INFINITY);
  }
});

test('among few, without an address, and for what does not fit links are used', (t) => {
  const { alice, bob, heard } = pair();
  const { datagram: _none, ...addressless } = bob.contact;
  t.false(alice.ping(addressless, (answer) => heard.push(answer)));
  const value = { kind: 'user', bytes: new Uint8Array(5_000) };
  t.false(
    alice.questions.ask(
      bob.contact,
      (id) => ({ type: 'replica-ask', id, question: { ask: 'put', value } }),
      RESEND * 10,
      (answer) => heard.push(answer),
    ),
  );
  alice.crowd = false;
  t.false(alice.ping(bob.contact, (answer) => heard.push(answer)));
  t.is(alice.sent.length, 0);
});

const NODES = 14;
const names = Array.from({ length: NODES }, (_, index) => `user${index}`);

/** Links that were opened and look-ups that found whom they should, in a crowd of few. */
async function crowd(swimPeriodMillis: number): Promise<{ readonly found: number; readonly asked: number; readonly links: number }> {
  const world = new SmallWorld(3, { fullMembershipUsers: 4, otherRecordsMax: 6, randomLinkCount: 2, randomLinkCountMax: 4, lookupHops: 0, swimPeriodMillis });
  await world.people(...names);
  await world.engine.wait(10_000);
  let found = 0;
  for (const [index, name] of names.entries()) {
    const sought = names[(index + 7) % NODES] as string;
    if ((await world.outcome(name, 'user', { user: sought })) === 'ok') found += 1;
  }
  let asked = 0;
  let links = 0;
  for (const name of names) {
    asked += (await world.ask<{ counters: Readonly<Record<string, number>> }>(name, 'info')).counters['unlinkedOut'] ?? 0;
    links += (await world.ask<{ peers: readonly unknown[] }>(name, 'peers')).peers.length;
  }
  await world.engine.stop();
  return { found, asked, links };
}

test('in a crowd people are found by datagrams, with fewer links; with datagrams switched off, over links', async (t) => {
  const by = await crowd(CORE_OPTIONS.swimPeriodMillis);
  const without = await crowd(0);
  t.is(by.found, NODES);
  t.is(without.found, NODES);
  t.true(by.asked > NODES, `${by.asked} questions and answers`);
  t.is(without.asked, 0);
  t.true(by.links < without.links, `${by.links} links, ${without.links} without datagrams`);
});
