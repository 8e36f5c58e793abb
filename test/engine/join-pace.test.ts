import test from 'ava';
import { JoinPace } from '../../src/engine/join-pace.ts';

interface Open {
  settle(): void;
}

/** Promises that the test settles, in the order in which they were asked for. */
function held(): { readonly open: Open[]; readonly act: () => Promise<void> } {
  const open: Open[] = [];
  return { open, act: () => new Promise<void>((resolve) => void open.push({ settle: resolve })) };
}
const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

test('eight join at a time, and the next begins when the process of one has answered', async (t) => {
  const pace = new JoinPace();
  const [joins, answers] = [held(), held()];
  const all = Array.from({ length: 10 }, () => pace.pass(joins.act, answers.act));
  await turn();
  t.is(joins.open.length, 8);
  joins.open[0]?.settle();
  await turn();
  t.is(joins.open.length, 8, 'it has joined, but its process has not answered yet');
  answers.open[0]?.settle();
  await turn();
  t.is(joins.open.length, 9);
  for (let index = 1; index < 10; index += 1) {
    joins.open[index]?.settle();
    await turn();
    answers.open[index]?.settle();
    await turn();
  }
  await Promise.all(all);
  t.is(answers.open.length, 10);
});

test('a process that answers slowly is asked again until it answers quickly; one that is gone holds nobody up', async (t) => {
  const pace = new JoinPace();
  let asked = 0;
  const slowAtFirst = async () => {
    asked += 1;
    if (asked === 1) await new Promise((resolve) => setTimeout(resolve, 120));
  };
  t.is(await pace.pass(async () => 'joined', slowAtFirst), 'joined');
  t.true(asked >= 2, `asked ${asked} times`);
  t.is(
    await pace.pass(
      async () => 'joined',
      () => Promise.reject(new Error('gone')),
    ),
    'joined',
  );
  await t.throwsAsync(
    pace.pass(
      () => Promise.reject(new Error('refused')),
      async () => {},
    ),
    { message: 'refused' },
  );
});

test('registrations and logins are joins, other commands are not', (t) => {
  const pace = new JoinPace();
  t.deepEqual(
    ['register', 'login', 'send', 'info'].map((command) => pace.isJoin(command)),
    [true, true, false, false],
  );
});
