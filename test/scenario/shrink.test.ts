import test from 'ava';
import { isSameFailure } from '../../src/cli/explore/same-failure.ts';
import { countSteps, type RawScenario, shrink, writtenOut } from '../../src/scenario/shrink.ts';
import { withoutFaults } from '../../src/scenario/without-faults.ts';

const text = (scenario: RawScenario) => JSON.stringify(scenario.steps);

test('what is drawn and repeated is written out, strand by strand', (t) => {
  const out = writtenOut(
    {
      name: 'some',
      steps: [
        { start: 'user[1..3]' },
        { repeat: { times: 2, steps: [{ wait: '{round}s' }] } },
        { parallel: [{ random: { nodes: 'user[1..3]', times: 3, of: [{ steps: [{ kill: 'any-up' }] }] } }, [{ wait: '5s' }, { wait: '6s' }]] },
      ],
    },
    4,
  );
  t.is(out['seed'], 4);
  t.deepEqual(out.steps.slice(0, 3), [{ start: 'user[1..3]' }, { wait: '1s' }, { wait: '2s' }]);
  const [drawn = [], waits = []] = (out.steps[3] as { parallel: Array<Array<Record<string, unknown>>> }).parallel;
  t.deepEqual(
    drawn.map((step) => Object.keys(step).join()),
    ['kill', 'kill', 'kill'],
  );
  t.is(waits.length, 2);
});

test('only what the failure needs is left, and each of it is needed', async (t) => {
  const steps = Array.from({ length: 60 }, (_, index) => ({ kill: `user${index}` }));
  const whole: RawScenario = { name: 'some', steps: [{ start: 'user[0..59]' }, { parallel: [steps.slice(0, 30), steps.slice(30)] }, { wait: '40s' }] };
  let tries = 0;
  const fails = async (smaller: RawScenario) => {
    tries += 1;
    return /"kill":"user7"/.test(text(smaller)) && /"kill":"user41"/.test(text(smaller)) && text(smaller).includes('start');
  };
  const small = await shrink(whole, { fails });
  t.is(countSteps(small.steps), 3);
  t.deepEqual(small.steps, [{ start: ['user7', 'user41'] }, { kill: 'user7' }, { kill: 'user41' }]);
  t.true(tries < 400, `${tries} tries`);
});

test('counts and waits get smaller', async (t) => {
  const whole: RawScenario = { name: 'some', steps: [{ send: { from: 'a', to: 'b', text: 'x', count: 64 } }, { wait: '40s' }] };
  const fails = async (smaller: RawScenario) => {
    const [send, wait] = smaller.steps as unknown as [{ send?: { count: number } }, { wait?: string }];
    const millis = (wait?.wait ?? '0ms').endsWith('ms') ? Number.parseInt(wait?.wait ?? '0', 10) : Number.parseInt(wait?.wait ?? '0', 10) * 1_000;
    return (send?.send?.count ?? 0) >= 5 && millis > 9_000;
  };
  t.deepEqual((await shrink(whole, { fails })).steps, [{ send: { from: 'a', to: 'b', text: 'x', count: 8 } }, { wait: '10000ms' }]);
});

test('trying several at once leads to the same as one after the other, also within strands', async (t) => {
  const steps = Array.from({ length: 30 }, (_, index) => ({ send: { from: `user${index % 6}`, to: 'user6', text: 'x', count: 8 } }));
  const network = { latency: { min: '1ms', max: '2ms' }, loss: 0.1 };
  const whole: RawScenario = { name: 'some', network, steps: [{ start: 'user[0..6]' }, { parallel: [steps.slice(0, 15), steps.slice(15), [{ wait: '9s' }]] }] };
  // It needs two who write side by side, and three messages of one of them.
  const fails = async ({ steps: left }: RawScenario) => {
    const strands = left.flatMap((step) => (step as { parallel?: Array<Array<{ send?: { from: string; count: number } }>> }).parallel ?? []);
    const [one, other] = strands.filter((strand) => strand.some(({ send }) => send !== undefined));
    return one !== undefined && other !== undefined && [...one, ...other].some(({ send }) => send?.from === 'user4' && send.count >= 3);
  };
  const small = await shrink(whole, { fails });
  t.is(countSteps(small.steps), 2, text(small));
  t.regex(text(small), /"from":"user4","to":"user6","text":"x","count":4/);
  t.deepEqual(small['network'], { latency: network.latency });
  for (const width of [2, 3, 8]) t.deepEqual(await shrink(whole, { fails, width }), small, `${width} at once`);
});

test('without faults nothing is broken, everybody is honest, and nobody is started twice', (t) => {
  const calm = withoutFaults({
    name: 'some',
    network: { loss: 0.5 },
    steps: [
      { 'seed-server': 'start' },
      { start: 'user[1..3]' },
      { start: { nodes: 'user4', conduct: 'dropped-mail' } },
      { kill: 'user1' },
      { parallel: [[{ cut: { between: 'user1', and: 'user2' } }, { send: { from: 'user2', to: 'user3', text: 'x' } }], [{ 'seed-server': 'stop' }]] },
      { 'seed-server': 'start' },
      { heal: 'everything' },
      { start: ['user1', 'user5'] },
      { 'log-in': 'user1', maybe: true },
    ],
  });
  t.deepEqual(calm, {
    name: 'some',
    network: {},
    steps: [
      { 'seed-server': 'start' },
      { start: ['user1', 'user2', 'user3'] },
      { start: { nodes: ['user4'] } },
      { parallel: [[{ send: { from: 'user2', to: 'user3', text: 'x' } }]] },
      { start: ['user5'] },
      { 'log-in': 'user1', maybe: true },
    ],
  });
});

test('a run fails as another one: the same property with steps that go well, or the same step for the same reason', (t) => {
  const broken = { verdict: 'fail', broken: ['no-plaintext'], reason: 'no-plaintext: a text can be read (events a/1/3)' } as const;
  t.true(isSameFailure(broken, { ...broken, reason: 'no-plaintext: another text can be read (events b/1/9)' }));
  t.true(isSameFailure(broken, { ...broken, broken: ['causal-order', 'no-plaintext'] }));
  const brokenOff = { ...broken, reason: 'step 2 (line 6), alice writes to bob: Nobody is logged in at this node.' };
  t.false(isSameFailure(broken, brokenOff), 'what was broken off breaks properties of its own accord');
  t.true(isSameFailure(brokenOff, broken));
  t.false(isSameFailure(broken, { verdict: 'pass', broken: [], reason: null }));
  const step = { verdict: 'fail', broken: [], reason: 'step 9 (line 33), bob sees 4 messages: not so within 10 s; 2 there' } as const;
  t.true(isSameFailure(step, { ...step, reason: 'step 2 (line 7), bob sees 4 messages: not so within 10 s; 1 there' }));
  t.false(isSameFailure(step, { ...step, reason: 'step 2 (line 7), bob sees 4 messages: bob does not run' }));
  t.false(isSameFailure(step, { ...step, broken: ['causal-order'] }));
});
