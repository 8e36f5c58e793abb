import test from 'ava';
import type { SimEngine } from '../../src/engine/sim.ts';
import { CHECKS } from '../../src/scenario/checks/all.ts';
import { loadScenario } from '../../src/scenario/load.ts';
import type { RunReport } from '../../src/scenario/report.ts';
import {
  confirmsRoomsUnheard,
  confirmsWithoutKeeping,
  deafOnTheRing,
  deafToFiles,
  deafToFriends,
  deafToNews,
  deafToRooms,
  deafToValues,
  forgetsOutbox,
  keepsKeys,
  keepsPassword,
  keepsSession,
  type Mutant,
  sealsNothing,
  showsAgain,
  storesInClear,
  stumbles,
  tracesTexts,
  trustsItsClock,
} from './mutants.ts';
import { playBroken } from './play-broken.ts';

const PAIR = '  - seed-server: start\n  - start: [alice, bob]\n  - register: [alice, bob]\n  - befriend: [alice, bob]\n';
const TRIO = '  - seed-server: start\n  - start: [alice, bob, carol]\n  - register: [alice, bob, carol]\n  - befriend: [alice, bob, carol]\n';
const ROOM = `${TRIO}  - create-room: { by: alice, room: garden }\n  - join-room: { who: [bob, carol], room: garden, through: alice }\n  - wait: 6s\n  - say: { by: alice, room: garden, text: who hears me }\n`;
const QUIET = '  - wait: 90s\n';
/** Five messages while the writer hears nothing of the reader: each goes again. */
const UNHEARD =
  '  - cut: { between: bob, and: alice, one-way: true }\n  - send: { from: alice, to: bob, text: "can you hear me", count: 5 }\n  - wait: 20s\n  - heal: everything\n  - wait: 20s\n';

interface Case {
  readonly check: string;
  readonly steps: string;
  readonly broken: Readonly<Record<string, Mutant>>;
  readonly says: RegExp;
}

const CASES: Readonly<Record<string, Case>> = {
  'a tick for nothing': {
    check: 'no-message-lost',
    steps: `${PAIR}  - send: { from: alice, to: bob, text: hello }\n  - wait: 1s\n`,
    broken: { bob: confirmsWithoutKeeping },
    says: /alice was told that .* is delivered, and no node of bob ever had it/,
  },
  'accepted, and forgotten at a crash': {
    check: 'no-message-lost',
    steps: `${PAIR}  - kill: bob\n  - send: { from: alice, to: bob, text: hello }\n  - kill: alice\n  - restart: [alice, bob]\n  - log-in: [alice, bob]\n${QUIET}`,
    broken: { alice: forgetsOutbox },
    says: /was accepted by alice for bob; they have been together for .*, and it has not arrived/,
  },
  'waiting for ever': {
    check: 'liveness',
    steps: `${PAIR}  - kill: bob\n  - send: { from: alice, to: bob, text: hello }\n  - kill: alice\n  - restart: [alice, bob]\n  - log-in: [alice, bob]\n  - wait: 40s\n`,
    broken: { alice: forgetsOutbox },
    says: /of alice has not reached bob/,
  },
  'a file that never comes': {
    check: 'files-arrive',
    steps: `${PAIR}  - send-file: { from: alice, to: bob, name: x.bin, size: 100000 }\n${QUIET}`,
    broken: { bob: deafToFiles },
    says: /of alice is not whole at bob/,
  },
  'a tick of a room for nothing': {
    check: 'no-message-lost',
    steps: `${ROOM}  - wait: 40s\n`,
    broken: { bob: confirmsRoomsUnheard },
    says: /alice was told that bob has .*, and no node of bob ever had it/,
  },
  'a message to a room that one member never gets': {
    check: 'no-message-lost',
    steps: `${ROOM}  - wait: 130s\n`,
    broken: { carol: deafToRooms },
    says: /was written to a room by alice; carol has been together with alice, who has it, for/,
  },
  'a member who waits for ever': {
    check: 'liveness',
    steps: `${ROOM}  - wait: 70s\n`,
    broken: { carol: deafToRooms },
    says: /of alice has not reached carol, who has been together with alice/,
  },
  'the same again': {
    check: 'no-message-twice',
    steps: `${PAIR}${UNHEARD}`,
    broken: { bob: showsAgain },
    says: /bob was shown .* twice/,
  },
  'an answer before its question': {
    check: 'causal-order',
    steps: `${PAIR}  - send: { from: alice, to: bob, text: a question }\n  - expect: { messages: { at: bob, with: alice, count: 1 } }\n  - send: { from: bob, to: alice, text: an answer }\n  - wait: 1s\n`,
    broken: { bob: trustsItsClock },
    says: /shows .* before .*, which bob had before writing it/,
  },
  'a friend who does not know it': {
    check: 'friends-converge',
    steps: `${PAIR}  - wait: 6s\n  - unfriend: { by: alice, whom: bob }\n${QUIET}`,
    broken: { bob: deafToFriends },
    says: /says "friend" of|says "none" of/,
  },
  'news that is not heard': {
    check: 'presence-converges',
    steps: `${PAIR}  - wait: 6s\n  - status: { of: alice, is: busy }\n${QUIET}`,
    broken: { bob: deafToNews },
    says: /bob sees alice as online, who is busy/,
  },
  'two sessions': {
    check: 'one-session',
    steps: `${PAIR}  - wait: 6s\n  - start: alice@desk\n  - log-in: alice@desk\n${QUIET}`,
    broken: { alice: keepsSession },
    says: /alice is logged in at alice and alice@desk/,
  },
  'silence on the ring': {
    check: 'ring-valid',
    steps: `${TRIO}  - wait: 6s\n${QUIET}`,
    broken: { carol: deafOnTheRing },
    says: /./,
  },
  'a holder that does not hold': {
    check: 'values-held',
    steps: `  - start: [alice, bob, carol, dave, erin]
  - join: { node: bob, through: alice }
  - join: { node: carol, through: alice }
  - join: { node: dave, through: alice }
  - join: { node: erin, through: alice }
  - register: [alice, bob, carol, dave, erin]
  - wait: 10s
  - profile: { of: [alice, bob, dave, erin], about: something new }
${QUIET}`,
    broken: { carol: deafToValues },
    says: /carol should hold .* in version \d+, and has/,
  },
  'a seal that seals nothing': {
    check: 'no-plaintext',
    steps: `${PAIR}  - send: { from: alice, to: bob, text: nobody else may read this }\n  - wait: 1s\n`,
    broken: { alice: sealsNothing, bob: sealsNothing },
    says: /a text that was sealed can be read in a frame of alice/,
  },
  'a copy beside the sealed store': {
    check: 'no-plaintext',
    steps: `${PAIR}  - send: { from: alice, to: bob, text: nobody else may read this }\n  - wait: 1s\n`,
    broken: { bob: storesInClear },
    says: /a text that was sealed can be read in bob: contacts/,
  },
  'a password that is written down': {
    check: 'no-plaintext',
    steps: `${PAIR}  - send: { from: alice, to: bob, text: nobody else may read this }\n  - wait: 1s\n`,
    broken: { alice: keepsPassword },
    says: /the password of alice can be read in alice: self/,
  },
  'a private key that is written down': {
    check: 'no-plaintext',
    steps: `${PAIR}  - send: { from: alice, to: bob, text: nobody else may read this }\n  - wait: 1s\n`,
    broken: { bob: keepsKeys },
    says: /the identity key of bob can be read in bob: self/,
  },
  'a text in the trace': {
    check: 'no-plaintext',
    steps: `${PAIR}  - send: { from: alice, to: bob, text: nobody else may read this }\n  - wait: 1s\n`,
    broken: { alice: tracesTexts },
    says: /a text that was sealed can be read in the trace/,
  },
  'a program that stumbles': {
    check: 'nothing-thrown',
    steps: `${PAIR}  - send: { from: alice, to: bob, text: hello }\n  - wait: 1s\n`,
    broken: { bob: stumbles },
    says: /at bob: what is this/,
  },
};

for (const [title, { check, steps, broken, says }] of Object.entries(CASES)) {
  test(`${check} catches ${title}, and holds for honest nodes`, async (t) => {
    const caught = (await playBroken(steps, broken)).checks.find((each) => each.check === check);
    t.is(caught?.ok, false, caught?.evidence ?? 'no such check');
    t.regex(caught?.seen ?? '', says);
    const honest = await playBroken(steps, {});
    t.is(honest.verdict, 'pass', honest.reason ?? '');
    const held = honest.checks.find((each) => each.check === check);
    t.true(held?.judged, held?.evidence ?? 'not there');
  });
}

test("no-plaintext catches a disk that keeps the user's own rows as they are", async (t) => {
  const steps = `${PAIR}  - send: { from: alice, to: bob, text: nobody else may read this }\n  - wait: 1s\n`;
  const open = await playBroken(steps, {}, 1, (engine) => {
    const start = engine.startNode.bind(engine);
    engine.startNode = async (node, options) => {
      await start(node, options);
      (engine as SimEngine).hosted(node).disk.seal = { seal: (_key, _place, bytes) => bytes, open: (_key, _place, bytes) => bytes };
    };
  });
  t.is(open.verdict, 'fail');
  t.regex(open.reason ?? '', /no-plaintext: a text that was sealed can be read in alice: messages/);
});

test('no-message-lost catches a disk that forgets what was confirmed', async (t) => {
  const steps = `${PAIR}  - send: { from: alice, to: bob, text: kept }\n  - wait: 6s\n  - send: { from: alice, to: bob, text: gone }\n  - expect: { ticks: { from: alice, to: bob, are: delivered } }\n  - kill: bob\n  - restart: bob\n  - log-in: bob\n  - wait: 1s\n`;
  const forgetful = await playBroken(steps, {}, 1, (engine) => {
    const start = engine.startNode.bind(engine);
    engine.startNode = async (node, options) => {
      await start(node, options);
      const { store } = (engine as SimEngine).hosted(node);
      const settle = store.settle.bind(store);
      // Committed and confirmed, and yet not durable: a crash takes it.
      store.settle = () => (engine.now() < 5_000 ? settle() : undefined);
    };
  });
  t.is(forgetful.verdict, 'fail');
  t.regex(forgetful.reason ?? '', /no-message-lost: bob had .* of its conversation with alice, and came back without it/);
  const honest = await playBroken(steps, {});
  t.is(honest.verdict, 'pass', honest.reason ?? '');
});

test('faults-healed catches a rule that nobody takes away', async (t) => {
  const steps = `${PAIR}  - cut: { between: alice, and: bob, name: forgotten }\n  - wait: 1s\n`;
  const left = await playBroken(steps, {}, 1, (engine) => {
    // What is set stays: the runner heals what a scenario left, and this engine does not do it.
    const setRules = engine.setRules.bind(engine);
    engine.setRules = async (rules) => (rules.length === 0 ? undefined : setRules(rules));
  });
  t.is(left.verdict, 'fail');
  t.regex(left.reason ?? '', /faults-healed: still in force at the end: forgotten/);
  for (const end of ['  - heal: everything\n', '']) {
    const healed = await playBroken(`${steps}${end}`, {});
    t.is(healed.verdict, 'pass', healed.reason ?? '');
    t.true(healed.checks.some(({ check, judged }) => check === 'faults-healed' && judged));
  }
});

test('a scenario says which checks apply to it', async (t) => {
  const file = (checks: string) => loadScenario(`name: some\n${checks}steps:\n  - start: alice\n`, 'some.yaml').checks;
  t.deepEqual([...file('checks: [causal-order]\n')], ['causal-order']);
  t.is(file('').size, CHECKS.length);
  t.false(file('checks: { except: [one-session] }\n').has('one-session'));
  t.throws(() => file('checks: [casual-order]\n'), { message: /Did you mean .*causal-order/ });
});

test('every checker has caught a broken node', (t) => {
  const caught = new Set([...Object.values(CASES).map(({ check }) => check), 'faults-healed']);
  t.deepEqual(
    CHECKS.map(({ name }) => name).filter((name) => !caught.has(name)),
    [],
  );
});

test('patience stretches the bounds of checkers as well: what is broken after a while is not due yet', async (t) => {
  const { steps, broken } = CASES['news that is not heard'] as Case;
  const judged = (report: RunReport) => report.checks.find(({ check }) => check === 'presence-converges')?.judged;
  t.true(judged(await playBroken(steps, broken)));
  t.false(judged(await playBroken(steps, broken, 1, () => {}, 4)));
});
