import test from 'ava';
import fc from 'fast-check';
import { ConfabError } from '../../src/core/errors.ts';
import { loadScenario } from '../../src/scenario/load.ts';

const HEAD = 'name: lesson\nsteps:\n  - start: [alice, bob]\n';

/** What the loader says: `line:column reason`. */
function refusal(text: string): string {
  try {
    loadScenario(text, 'lesson.yaml');
  } catch (error) {
    if (!(error instanceof ConfabError)) throw error;
    if (error.code !== 'bad-scenario') throw error;
    return `${String(error.details['line'])} ${String(error.details['reason'])}`;
  }
  return 'accepted';
}

const refused = test.macro({
  exec(t, text: string, place: string, words: RegExp) {
    const said = refusal(text);
    t.is(said.split(' ')[0], place, said);
    t.regex(said, words);
  },
  title: (title) => `refuses ${title ?? ''}`,
});

test('an unknown key, naming the nearest one', refused, `${HEAD}  - regster: alice\n`, '4:5', /"regster" is not known here\. Did you mean "register"\?/);
test('an unknown key at the top', refused, 'name: x\nstpes: []\n', '2:1', /"stpes" is not known here\. Did you mean "steps"/);
test('a missing key', refused, 'name: x\n', '1:1', /"steps" is missing/);
test(
  'an unknown key deep inside',
  refused,
  `${HEAD}  - expect: { presence: { of: bob, seen_by: alice, is: away } }\n`,
  '4:36',
  /seen_by.*Did you mean "seen-by"/,
);
test('an unknown expectation', refused, `${HEAD}  - expect: { mesages: { at: bob } }\n`, '4:15', /Did you mean "messages"/);
test('a wrong type', refused, `${HEAD}  - send: { from: alice, to: bob, text: 12 }\n`, '4:41', /"text": must be a text; quote it.*saw the number 12/);
test('a wrong word', refused, `${HEAD}  - status: { of: alice, is: bussy }\n`, '4:30', /online, away, busy or offline.*Did you mean "busy"/);
test('a duration without unit', refused, `${HEAD}  - wait: 200\n`, '4:11', /saw the number 200; what belongs here: .*duration such as 500ms, 2s, 1m/);
test('a duration without unit, as text', refused, `${HEAD}  - wait: "200"\n`, '4:11', /duration/);
test('a deadline without unit', refused, `${HEAD}  - register: alice\n    within: 5\n`, '5:13', /saw the number 5; what belongs here: Deadline/);
test('no steps', refused, 'name: x\nsteps: []\n', '2:8', /the list is empty/);
test('an empty step', refused, 'name: x\nsteps:\n  - {}\n', '3:5', /needs a verb/);
test('a step that is nothing', refused, 'name: x\nsteps:\n  -\n', '3:4', /must be keys and values/);
test('two verbs in one step', refused, `${HEAD}  - stop: alice\n    kill: bob\n`, '5:5', /does one thing/);
test('an option that does not go with a step', refused, `${HEAD}  - stop: alice\n    for: 2s\n`, '5:5', /goes with expect only/);
test('an unknown error code', refused, `${HEAD}  - register: alice\n    fails: name-takn\n`, '5:12', /Did you mean "name-taken"/);
test('a node that nobody started', refused, `${HEAD}  - register: carol\n`, '4:5', /carol is used here, but no step before/);
test('a node that is started later', refused, `${HEAD}  - befriend: [alice, dave]\n  - start: dave\n`, '4:5', /dave/);
test('a node that is started twice', refused, `${HEAD}  - start: bob\n`, '4:5', /bob runs already/);
test('a start in a repeat that never stops', refused, `${HEAD}  - repeat: { times: 2, steps: [ { start: carol } ] }\n`, '4:34', /carol runs already/);
test('a name that is there twice in a list', refused, 'name: x\nsteps:\n  - start: [alice, alice]\n', '3:12', /alice is named twice/);
test('a range that ends before it begins', refused, 'name: x\nsteps:\n  - start: user[5..2]\n', '3:12', /ends before it begins/);
test('a path as a name', refused, 'name: x\nsteps:\n  - start: ../../x\n', '3:12', /must be/);
test('a name that is too long', refused, `name: x\nsteps:\n  - start: ${'a'.repeat(33)}\n`, '3:12', /is not a name/);
test('a key that is there twice', refused, 'name: x\nname: y\nsteps:\n  - note: hi\n', '2:1', /there twice/);
test('broken YAML', refused, 'name: x\nsteps: [\n', '3:1', /not YAML/);
test('an empty file', refused, '', '1:1', /keys and values/);
test('a list as a file', refused, '- a\n- b\n', '1:1', /saw a list/);
test('an unknown core option', refused, 'name: x\noptions: { suspectMilis: 100 }\nsteps:\n  - note: hi\n', '2:12', /Did you mean "suspectMillis"/);
test('an expectation without a wish', refused, `${HEAD}  - expect: { messages: { at: alice, with: bob } }\n`, '4:25', /say what lies there/);
test('a stranger in a conversation', refused, `${HEAD}  - expect: { messages: { at: alice, with: bob, from: carol, count: 1 } }\n`, '4:25', /carol is no part/);
test('a latency that ends before it begins', refused, 'name: x\nnetwork: { latency: { min: 5ms, max: 1ms } }\nsteps:\n  - note: hi\n', '2:12', /latency/);

test('friends can be made of a single range, but not of a single person', (t) => {
  t.is(refusal(`${HEAD}  - start: user[1..3]\n  - befriend: user[1..3]\n`), 'accepted');
  t.is(refusal(`${HEAD}  - start: user[1..3]\n  - befriend: [user1..3]\n`), 'accepted');
  t.regex(refusal(`${HEAD}  - befriend: alice\n`), /it takes two to be friends/);
});

test('takes ranges in both forms', (t) => {
  const scenario = loadScenario('name: x\nsteps:\n  - start: user[1..3]\n  - befriend: { user: user1, with: [user2..3] }\n', 'x.yaml');
  const [, second] = scenario.steps;
  t.is(second?.type === 'verb' && second.verb.words(second.value), 'user1 and user2 and user3 become friends');
});

test('repeat puts the number of the round into texts', (t) => {
  const text = `${HEAD}  - repeat:\n      times: 2\n      steps:\n        - send: { from: alice, to: bob, text: "round {round}" }\n`;
  const [, repeat] = loadScenario(text, 'x.yaml').steps;
  const texts = repeat?.type === 'repeat' ? repeat.rounds.flat().map((step) => (step.type === 'verb' ? (step.value as { text: string }).text : '')) : [];
  t.deepEqual(texts, ['round 1', 'round 2']);
});

test('whatever is in a file, it is accepted or refused with a place', (t) => {
  const word = fc.constantFrom('start', 'alice', 'expect', 'friends', 'of', 'parallel', 'repeat', 'times', 'steps', 'name', 'within', '5s', 'x');
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof({ depthSize: 'small' }, word, fc.integer(), fc.constant(null), fc.boolean(), tie('list'), tie('map')),
    list: fc.array(tie('value'), { maxLength: 3 }),
    map: fc.dictionary(word, tie('value'), { maxKeys: 3 }),
  }));
  t.notThrows(() =>
    fc.assert(
      fc.property(value, fc.array(value, { maxLength: 4 }), (top, steps) => {
        for (const content of [top, { name: 'x', steps }]) {
          const said = refusal(JSON.stringify(content));
          if (said !== 'accepted' && !/^\d+:\d+ \S/.test(said)) throw new Error(said);
        }
      }),
      { numRuns: 300 },
    ),
  );
});

test('any bytes as a file are refused with a place', (t) => {
  t.notThrows(() =>
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
        const said = refusal(text);
        if (!/^\d+:\d+ \S/.test(said)) throw new Error(said);
      }),
      { numRuns: 300 },
    ),
  );
});

test('rooms can be talked in while faults go on where the room stands already', (t) => {
  const load = (step: string) => loadScenario(`name: x\nsteps:\n  - start: [alice, bob]\n  - workload: { ${step}, nodes: [alice, bob], for: 9s }\n`, 'x.yaml');
  t.throws(() => load('kind: rooms, tolerant: true'), {
    message: /cannot be tolerant: its room must stand before anybody speaks in it; make one, and name it \(room\)/,
  });
  t.throws(() => load('kind: direct-messages, room: square'), { message: /the workload direct-messages takes no room/ });
  const strict = JSON.stringify(load('kind: rooms, room: square').steps);
  t.false(strict.includes('create-room'), 'nobody makes one');
  t.true(strict.includes('same-room'));
  const tolerant = JSON.stringify(load('kind: rooms, room: square, tolerant: true').steps);
  t.true(tolerant.includes('"maybe":true'));
  t.false(tolerant.includes('expect'), 'the trace alone is judged');
});
