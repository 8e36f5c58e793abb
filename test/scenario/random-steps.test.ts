import test from 'ava';
import { loadScenario } from '../../src/scenario/load.ts';
import { drawSteps, type RandomSteps } from '../../src/scenario/random-steps.ts';

const TROUBLE: RandomSteps = {
  nodes: 'user[1..5]',
  times: 60,
  of: [
    { weight: 2, steps: [{ kill: 'any-up' }] },
    { weight: 2, steps: [{ restart: 'any-down' }, { 'log-in': 'any-down' }] },
    { weight: 1, steps: [{ send: { from: 'any-up', to: 'other-up', text: 'number {n}' } }] },
    { weight: 1, steps: [{ cut: { between: 'half', and: 'other-half' } }] },
  ],
};

test('the same seed draws the same steps, another one others', (t) => {
  t.deepEqual(drawSteps(TROUBLE, 7, '3'), drawSteps(TROUBLE, 7, '3'));
  t.notDeepEqual(drawSteps(TROUBLE, 7, '3'), drawSteps(TROUBLE, 8, '3'));
  t.notDeepEqual(drawSteps(TROUBLE, 7, '3'), drawSteps(TROUBLE, 7, '4'));
});

test('parts are played by those who fit: the dead are not killed again, halves are everybody', (t) => {
  for (let seed = 1; seed <= 40; seed += 1) {
    const up = new Set(['user1', 'user2', 'user3', 'user4', 'user5']);
    let restarted = '';
    for (const step of drawSteps(TROUBLE, seed, '1') as Array<Record<string, never>>) {
      const { kill, restart, send, cut } = step as Record<string, unknown> as {
        kill?: string;
        restart?: string;
        send?: { from: string; to: string; text: string };
        cut?: { between: string | string[]; and: string | string[] };
      };
      if (kill !== undefined) t.true(up.delete(kill), `seed ${seed}: ${kill} was dead already`);
      if (restart !== undefined) {
        t.false(up.has(restart));
        up.add(restart);
        restarted = restart;
      }
      if ('log-in' in step) t.is(step['log-in'] as unknown as string, restarted);
      if (send !== undefined) t.true(up.has(send.from) && up.has(send.to) && send.from !== send.to && /^number \d+$/.test(send.text));
      if (cut !== undefined) t.is([cut.between, cut.and].flat().length, 5);
    }
  }
});

test('a file with drawn steps is judged with them: nobody is used who never starts', (t) => {
  const file = (nodes: string) =>
    `name: some\nsteps:\n  - start: user[1..3]\n  - random:\n      nodes: ${nodes}\n      times: 5\n      of:\n        - steps: [{ kill: any-up }]\n        - steps: [{ restart: any-down }]\n`;
  t.is(loadScenario(file('user[1..3]'), 'some.yaml', 3).steps.length, 2);
  t.throws(() => loadScenario(file('user[4..6]'), 'some.yaml', 3), { message: /no step before this one starts it/ });
});
