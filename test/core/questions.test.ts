import test from 'ava';
import { AnswerTimes } from '../../src/core/link/answer-times.ts';
import type { Link } from '../../src/core/link/link.ts';
import type { UnlinkedAnswer } from '../../src/core/link/question-packet.ts';
import { Questions } from '../../src/core/link/questions.ts';
import { CORE_OPTIONS } from '../../src/core/options.ts';
import type { Parts } from '../../src/core/parts.ts';
import type { Contact } from '../../src/core/ring/circle.ts';
import { RingMember } from '../../src/core/ring/ring-member.ts';
import { PING } from '../../src/core/ring/ring-port.ts';
import type { NodeId } from '../../src/core/types.ts';
import { SeededRandom } from '../../src/sim/random.ts';

const PATIENCE = 300;
const BOB: Contact = { id: 'b0'.repeat(32) as NodeId, endpoint: { address: 'sim:3', key: new Uint8Array(32) }, name: 'bob', datagram: 'udp://sim:3' };

/** Questions to Bob, his link, and what became of those that go without one. */
class Desk {
  readonly heard: Array<string | null> = [];
  readonly silent: string[] = [];
  readonly connected: number[] = [];
  readonly sent: number[] = [];
  readonly link = { nodeId: BOB.id, established: false, lastHeardMillis: 0, unacknowledgedMessages: 0 } as Link;
  readonly questions: Questions<string, string>;
  /** Ends the wait for a datagram. */
  settled: (answer: string | null) => void = () => undefined;
  linked = false;
  /** The link takes nothing now. */
  full = false;
  now = 0;
  due = Number.POSITIVE_INFINITY;

  constructor() {
    const now = () => this.now;
    const env = {
      get monotonicMillis() {
        return now();
      },
      setTimer: (_kind: string, _key: string, delayMillis: number) => (this.due = this.now + delayMillis),
      cancelTimer: () => (this.due = Number.POSITIVE_INFINITY),
    };
    const links = {
      of: () => (this.linked ? this.link : undefined),
      connect: () => {
        this.linked = true;
        this.connected.push(this.now);
        return this.link;
      },
    };
    this.questions = new Questions(
      { env, links, detector: { stateOf: () => 'unknown' }, answerTimes: new AnswerTimes(), options: CORE_OPTIONS } as unknown as Parts,
      'asks',
      {
        send: (_link, id) => !this.full && this.sent.push(id) > 0,
        unlinked: (_to, _question, _patienceMillis, settled) => {
          this.settled = settled;
          return true;
        },
        patienceMillis: () => PATIENCE,
        unanswered: (to) => this.silent.push(to.name),
        slowMillis: Number.POSITIVE_INFINITY,
      },
    );
    this.questions.ask(BOB, 'who?', { answered: (answer) => this.heard.push(answer) });
  }

  passTo(millis: number): void {
    while (this.due <= millis) {
      this.now = this.due;
      this.due = Number.POSITIVE_INFINITY;
      this.questions.sweep();
    }
    this.now = millis;
  }

  linkUp(): void {
    this.link.established = true;
    this.questions.linkUp(this.link);
  }
}

test('whoever leaves datagrams without an answer until the patience is over is asked over a link all the same', (t) => {
  const desk = new Desk();
  desk.passTo(PATIENCE);
  // Somebody else's question wakes the timer.
  desk.questions.sweep();
  t.deepEqual(desk.heard, []);
  desk.settled(null);
  t.deepEqual(desk.connected, [PATIENCE]);
  desk.passTo(PATIENCE + 100);
  desk.linkUp();
  t.deepEqual(desk.sent, [1]);
  desk.questions.answer(desk.link, 1, 'bob');
  t.deepEqual(desk.heard, ['bob']);
  t.deepEqual(desk.silent, []);
});

test('who is heard and has the question still before it is waited for, who has acknowledged it and says nothing is not', (t) => {
  for (const waiting of [1, 0]) {
    const desk = new Desk();
    desk.settled(null);
    desk.linkUp();
    desk.passTo(PATIENCE / 2);
    Object.assign(desk.link, { lastHeardMillis: desk.now, unacknowledgedMessages: waiting });
    desk.passTo(PATIENCE);
    t.deepEqual(desk.heard, waiting === 1 ? [] : [null]);
    desk.passTo(CORE_OPTIONS.answerMillisMax);
    t.deepEqual(desk.heard, [null], 'not for ever');
  }
});

test('an answer that comes after the end makes the next question wait longer, up to a bound', (t) => {
  const desk = new Desk();
  desk.settled(null);
  desk.linkUp();
  desk.passTo(PATIENCE);
  t.deepEqual(desk.heard, [null]);
  desk.passTo(PATIENCE * 3);
  desk.questions.answer(desk.link, 1, 'late');
  t.deepEqual(desk.heard, [null], 'it was given up');
  desk.questions.ask(BOB, 'and now?', { answered: (answer) => desk.heard.push(answer) });
  desk.settled(null);
  desk.passTo(PATIENCE * 3 + PATIENCE * 3);
  t.deepEqual(desk.heard, [null]);
  desk.questions.answer(desk.link, 2, 'in time');
  t.deepEqual(desk.heard, [null, 'in time']);
  desk.questions.ask(BOB, 'and then?', { answered: (answer) => desk.heard.push(answer) });
  desk.settled(null);
  desk.passTo(desk.now + CORE_OPTIONS.answerMillisMax);
  t.deepEqual(desk.heard, [null, 'in time', null]);
});

test('a link that nobody opens has as long as datagrams had', (t) => {
  const desk = new Desk();
  desk.passTo(PATIENCE);
  desk.settled(null);
  desk.passTo(PATIENCE * 2 - 1);
  t.deepEqual(desk.heard, []);
  desk.passTo(PATIENCE * 2);
  t.deepEqual(desk.heard, [null]);
  t.deepEqual(desk.silent, ['bob']);
  t.is(desk.due, Number.POSITIVE_INFINITY);
});

test('a process that stood still while datagrams were out waits no longer than it would for a link', (t) => {
  const desk = new Desk();
  desk.passTo(PATIENCE * 100);
  desk.settled(null);
  desk.passTo(PATIENCE * 101);
  t.deepEqual(desk.heard, [null]);
});

test('a link that comes and goes meanwhile ends no question that goes by datagrams', (t) => {
  const desk = new Desk();
  desk.questions.linkDown(desk.link);
  t.deepEqual(desk.heard, []);
  desk.settled('bob');
  t.deepEqual(desk.heard, ['bob']);
});

test('whoever left a question without an answer and answers the next one by a datagram counts as silent no longer', (t) => {
  let now = 0;
  let settled: (answer: UnlinkedAnswer | null) => void = () => undefined;
  const env = {
    get monotonicMillis() {
      return now;
    },
    random: new SeededRandom('ring'),
    endpoint: BOB.endpoint,
    name: 'alice',
    datagramAddress: 'udp://sim:1',
    tracing: false,
    setTimer: () => undefined,
    cancelTimer: () => undefined,
  };
  const ask = (_to: Contact, _question: unknown, _patienceMillis: number, back: typeof settled) => {
    settled = back;
    return true;
  };
  const parts = {
    env,
    options: CORE_OPTIONS,
    answerTimes: new AnswerTimes(),
    session: { nodeId: 'a0'.repeat(32) },
    links: { of: () => undefined, connect: () => null },
    presence: { nodeIsUp: () => true },
    detector: { listen: () => undefined, stateOf: () => 'unknown' },
    swim: { active: false },
    unlinked: { ask },
  };
  const member = new RingMember(parts as unknown as Parts);
  const heard: unknown[] = [];
  member.ask(BOB, PING, { answered: (answer) => heard.push(answer) });
  settled(null);
  now = CORE_OPTIONS.ringAnswerMillis;
  member.timer('ring-asks');
  t.deepEqual(heard, [null]);
  t.true(member.isSilent(BOB.id));
  member.ask(BOB, PING, { answered: (answer) => heard.push(answer) });
  settled({ type: 'ring-answer', id: 1, answer: { answer: 'alive', predecessor: null } });
  t.deepEqual(heard, [null, { answer: 'alive', predecessor: null }]);
  t.false(member.isSilent(BOB.id));
});

test('nobody wakes up for a question that waits for its link; one that a full link did not take is tried again soon', (t) => {
  const desk = new Desk();
  desk.now = 50;
  desk.settled(null);
  t.is(desk.due, PATIENCE, 'the end of its time');
  desk.link.established = true;
  desk.full = true;
  desk.questions.linkUp(desk.link);
  t.is(desk.due, desk.now + 100);
  desk.full = false;
  desk.now = desk.due;
  desk.questions.sweep();
  t.is(desk.sent.length, 1);
  t.is(desk.due, PATIENCE);
});
