import test from 'ava';
import { makeSim } from '../../src/cli/make-sim.ts';
import type { TraceDetail, TraceEvent } from '../../src/core/trace.ts';
import { judgeTrace } from '../../src/scenario/checks/all.ts';
import type { Finding } from '../../src/scenario/checks/check.ts';
import { loadScenario } from '../../src/scenario/load.ts';
import { SILENT } from '../../src/scenario/narration.ts';
import { runScenario } from '../../src/scenario/runner.ts';

/**
 * Traces of honest runs in which one thing is changed afterwards: what a checker must see although almost all is well.
 * Nodes that are broken on purpose (mutants.ts) break more than that.
 */
async function traceOf(steps: string, traced: 'states' | true = 'states'): Promise<readonly TraceEvent[]> {
  const scenario = loadScenario(`name: honest\nsteps:\n${steps}`, 'honest.yaml', 3);
  const engine = makeSim(scenario, { seed: 3, crypto: 'stand-in', traced, module: null });
  let trace: readonly TraceEvent[] = [];
  const collect = async () => {
    trace = await engine.trace();
  };
  const report = await runScenario(scenario, engine, { seed: 3, wallMillis: () => performance.now(), listener: SILENT, hashed: false, collect });
  if (report.verdict !== 'pass') throw new Error(report.reason ?? '');
  return trace;
}

function findingOf(trace: readonly TraceEvent[], check: string): Finding {
  const [judged] = judgeTrace(trace, new Set([check]));
  if (judged === undefined) throw new Error(`no check ${check}`);
  return judged.finding;
}

type State = Extract<TraceDetail, { type: 'state' }>;

function isState({ detail }: TraceEvent, subject: string, to?: string): boolean {
  return detail.type === 'state' && detail.subject === subject && (to === undefined || detail.to === to);
}

function isShown({ node, detail }: TraceEvent, at: string, what: string, id?: string): boolean {
  return node === at && detail.type === 'shown' && detail.what === what && (id === undefined || detail.id === id);
}

function later(event: TraceEvent, byMillis: number): TraceEvent {
  return { ...event, monotonicMillis: event.monotonicMillis + byMillis, wallMillis: event.wallMillis + byMillis };
}

function inOrder(trace: readonly TraceEvent[]): TraceEvent[] {
  return [...trace].sort((one, other) => one.monotonicMillis - other.monotonicMillis);
}

/** One more event, like an existing one but for its detail, so many milliseconds after it. */
function withOneMore(trace: readonly TraceEvent[], like: TraceEvent, afterMillis: number, changes: Partial<TraceEvent>): TraceEvent[] {
  return inOrder([...trace, { ...later(like, afterMillis), id: `${like.id}+`, ...changes }]);
}

function found(trace: readonly TraceEvent[], wanted: (event: TraceEvent) => boolean): TraceEvent {
  const event = trace.find(wanted);
  if (event === undefined) throw new Error('the honest run has no such event');
  return event;
}

function changed(trace: readonly TraceEvent[], wanted: (event: TraceEvent) => boolean, change: (event: TraceEvent) => TraceEvent): TraceEvent[] {
  return inOrder(trace.map((event) => (wanted(event) ? change(event) : event)));
}

function withData(event: TraceEvent, data: Readonly<Record<string, string | number | boolean>>): TraceEvent {
  const detail = event.detail as State;
  return { ...event, detail: { ...detail, data: { ...detail.data, ...data } } };
}

const LIFE = `  - seed-server: start
  - start: [alice, bob, carol, dave, erin, frank]
  - register: [alice, bob, carol, dave, erin, frank]
  - befriend: [alice, bob, carol]
  - request: { from: dave, to: erin }
  - create-room: { by: alice, room: garden }
  - join-room: { who: [bob, carol], room: garden, through: alice }
  - wait: 40s
  - status: { of: alice, is: busy }
  - send: { from: alice, to: bob, text: a question }
  - expect: { messages: { at: bob, with: alice, count: 1 } }
  - send: { from: bob, to: alice, text: an answer }
  - say: { by: carol, room: garden, text: hello all of you }
  - wait: 60s
  - start: alice@desk
  - log-in: alice@desk
  - wait: 60s
`;

interface Spoiled {
  readonly check: string;
  readonly says: RegExp;
  readonly spoil: (trace: readonly TraceEvent[]) => readonly TraceEvent[];
}

const message = (trace: readonly TraceEvent[], by: string) =>
  (found(trace, (event) => event.node === by && isState(event, 'message', 'queued')).detail as State).id;

const SPOILED: Readonly<Record<string, Spoiled>> = {
  'a tick for what only another node of the writer has': {
    check: 'no-message-lost',
    says: /no node of bob ever had it/,
    spoil: (trace) =>
      changed(
        trace,
        (event) => isShown(event, 'bob', 'message', message(trace, 'alice')),
        (event) => ({ ...event, node: 'alice@desk' }),
      ),
  },
  'a tick that comes before what it tells of': {
    check: 'no-message-lost',
    says: /is delivered .* before a node of bob had it/,
    spoil: (trace) =>
      changed(
        trace,
        (event) => isShown(event, 'bob', 'message', message(trace, 'alice')),
        (event) => later(event, 200),
      ),
  },
  'a tick of a room that comes too early': {
    check: 'no-message-lost',
    says: /carol was told that bob has .* before a node of bob had it/,
    spoil: (trace) =>
      changed(
        trace,
        (event) =>
          event.node === 'bob' && (isState(event, 'room-message', 'kept') || (event.detail.type === 'shown' && event.detail.data?.['kind'] === 'message')),
        (event) => later(event, 3_000),
      ),
  },
  'the same message under another id': {
    check: 'no-message-twice',
    says: /bob was shown .*-again from alice, which no node of alice has written/,
    spoil: (trace) => {
      const shown = found(trace, (event) => isShown(event, 'bob', 'message'));
      return withOneMore(trace, shown, 5_000, {
        detail: { ...(shown.detail as Extract<TraceDetail, { type: 'shown' }>), id: `${message(trace, 'alice')}-again` },
      });
    },
  },
  'a message that is shown once more after a restart': {
    check: 'no-message-twice',
    says: /bob was shown .* twice/,
    spoil: (trace) => {
      const shown = found(trace, (event) => isShown(event, 'bob', 'message'));
      const restarted = withOneMore(trace, shown, 5_000, { detail: { type: 'life', what: 'kill' } });
      return withOneMore(restarted, shown, 6_000, {});
    },
  },
  'an answer above its question on one screen only': {
    check: 'causal-order',
    says: /alice shows .* before .*, which bob had before writing it/,
    spoil: (trace) =>
      changed(
        trace,
        (event) => isShown(event, 'alice', 'message'),
        (event) => withData(event, { place: '0000000000000001-x' }),
      ),
  },
  'news that is seen, but late': {
    check: 'presence-converges',
    says: /bob saw only 31.* s later that alice was busy/,
    spoil: (trace) =>
      changed(
        trace,
        (event) => isShown(event, 'bob', 'presence', 'alice') && (event.detail as State).data?.['presence'] === 'busy',
        (event) => later(event, 31_000),
      ),
  },
  'a wrong picture that is put right by the next disturbance': {
    check: 'presence-converges',
    says: /after 1 min .*: bob sees carol as away, who is online/,
    spoil: (trace) => {
      const seen = trace.findLast((event) => isShown(event, 'bob', 'presence', 'carol') && event.monotonicMillis < 40_000) as TraceEvent;
      const wrong = withOneMore(trace, withData(seen, { presence: 'away' }), 500, {});
      return withOneMore(wrong, { ...seen, monotonicMillis: 101_000 }, 0, {});
    },
  },
  'two sessions for a minute, and one in the end': {
    check: 'one-session',
    says: /after 1 min .*: bob is logged in at bob and bob@desk/,
    spoil: (trace) => {
      const open = found(trace, (event) => event.node === 'bob' && isState(event, 'session', 'open'));
      const twice = withOneMore(trace, open, 500, { node: 'bob@desk' });
      return withOneMore(twice, { ...open, monotonicMillis: 101_000 }, 0, { node: 'bob@desk', detail: { ...(open.detail as State), to: 'closed' } });
    },
  },
  'a request that never arrived': {
    check: 'friends-converge',
    says: /dave says "outgoing" of erin, who says "none" of dave/,
    spoil: (trace) => trace.filter((event) => !(event.node === 'erin' && isState(event, 'friend'))),
  },
  'successor lists that are all one too short': {
    check: 'ring-valid',
    says: /has the successors/,
    spoil: (trace) =>
      changed(
        trace,
        (event) => isState(event, 'ring'),
        (event) =>
          withData(event, {
            successors: String((event.detail as State).data?.['successors'] ?? '')
              .split(' ')
              .slice(0, 3)
              .join(' '),
          }),
      ),
  },
  'somebody who never came to the ring': {
    check: 'ring-valid',
    says: /frank stayed outside of the ring/,
    spoil: (trace) => {
      const others = trace.filter((event) => !(event.node === 'frank' && isState(event, 'ring')));
      return changed(
        others,
        (event) => isState(event, 'ring'),
        (event) => {
          const { successors = '', predecessor = '' } = ((event.detail as State).data ?? {}) as Record<string, string>;
          return withData(event, { successors: successors.replace(/ ?\bfrank\b/u, '').trim(), predecessor: predecessor === 'frank' ? '' : predecessor });
        },
      );
    },
  },
  'a value that all its holders have dropped': {
    check: 'values-held',
    says: /nobody has .* any more, and no disk was lost/,
    spoil: (trace) => {
      const copy = found(trace, (event) => isState(event, 'copy', 'held') && (event.detail as State).data?.['expiresMillis'] === undefined);
      const { id } = copy.detail as State;
      const last = trace.findLast((event) => isState(event, 'copy') && (event.detail as State).id === id) as TraceEvent;
      const holders = new Set(trace.flatMap((event) => (isState(event, 'copy') && (event.detail as State).id === id ? [event.node] : [])));
      return [...holders].reduce<readonly TraceEvent[]>(
        (all, node) => withOneMore(all, last, 5, { node, detail: { ...(last.detail as State), to: 'gone' } }),
        trace,
      );
    },
  },
  'a message that arrives half a minute after nothing was in its way': {
    check: 'liveness',
    says: /after 1 min .*: a message arrived only 31 s after/,
    spoil: (trace) =>
      changed(
        trace,
        (event) => isShown(event, 'bob', 'message', message(trace, 'alice')) || (event.node === 'alice' && isState(event, 'message', 'delivered')),
        (event) => later(event, 31_000),
      ),
  },
};

test('each of many small faults is seen in a trace in which all else is well', async (t) => {
  const honest = await traceOf(LIFE);
  for (const [title, { check, says, spoil }] of Object.entries(SPOILED)) {
    const before = findingOf(honest, check);
    t.is(before.outcome, 'holds', `${check}: ${before.evidence}`);
    const after = findingOf(spoil(honest), check);
    t.is(after.outcome, 'broken', `${title}: ${after.evidence}`);
    t.regex(after.evidence, says, title);
  }
});

test('a friend who is suspected for a moment, long after saying once more what holds, is not seen late', async (t) => {
  const honest = await traceOf(LIFE);
  const said = found(honest, (event) => event.node === 'carol' && isState(event, 'presence', 'online'));
  const shown = found(honest, (event) => isShown(event, 'bob', 'presence', 'carol') && (event.detail as State).data?.['presence'] === 'online');
  const saidAgain = withOneMore(honest, said, 10_000, {});
  const suspected = withOneMore(saidAgain, withData(shown, { suspect: true }), 45_000, {});
  const seen = findingOf(withOneMore(suspected, shown, 45_500, {}), 'presence-converges');
  t.is(seen.outcome, 'holds', seen.evidence);
});

test('a frame that a rule takes after it was healed is seen', async (t) => {
  const honest = await traceOf(
    '  - seed-server: start\n  - start: [alice, bob]\n  - register: [alice, bob]\n  - befriend: [alice, bob]\n  - cut: { between: alice, and: bob, name: wall }\n  - send: { from: alice, to: bob, text: are you there }\n  - wait: 3s\n  - heal: wall\n  - wait: 5s\n',
    true,
  );
  t.is(findingOf(honest, 'faults-healed').outcome, 'holds');
  const dropped = found(honest, ({ detail }) => detail.type === 'drop' && detail.reason === 'rule wall');
  const after = findingOf(withOneMore(honest, dropped, 6_000, {}), 'faults-healed');
  t.is(after.outcome, 'broken', after.evidence);
  t.regex(after.evidence, /lost a frame to wall .* after that was healed/);
});

test('where nothing could have been broken, a checker says that it has not judged', async (t) => {
  const start = '  - seed-server: start\n  - start: [alice, bob]\n  - register: [alice, bob]\n';
  const unheard = await traceOf(`${start}  - befriend: [alice, bob]\n  - kill: bob\n  - send: { from: alice, to: bob, text: nobody is there }\n  - wait: 1s\n`);
  t.deepEqual(findingOf(unheard, 'no-message-lost'), {
    outcome: 'not-judged',
    evidence: '1 message accepted, of which none was due anywhere when the run ended',
  });
  t.deepEqual(findingOf(unheard, 'causal-order'), { outcome: 'not-judged', evidence: 'nobody wrote after anything that stood there' });
  const fresh = await traceOf(`${start}  - wait: 40s\n  - befriend: [alice, bob]\n`);
  t.deepEqual(findingOf(fresh, 'friends-converge'), { outcome: 'not-judged', evidence: 'no two people who stand in a relation were there long enough' });
});
