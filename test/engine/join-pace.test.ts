import test from 'ava';
import { JoinPace } from '../../src/engine/join-pace.ts';

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

interface Step {
  readonly name: string;
  end(): void;
}

/** A step that goes on until it is told to end, and tells when it began. */
function steps(): { readonly begun: Step[]; readonly of: (name: string) => () => Promise<string> } {
  const begun: Step[] = [];
  const of = (name: string) => () => new Promise<string>((resolve) => begun.push({ name, end: () => resolve(name) }));
  return { begun, of };
}

test('eight come at once, and those that run join before others are started', async (t) => {
  const pace = new JoinPace(async () => 0);
  const { begun, of } = steps();
  const starts = Array.from({ length: 12 }, (_, index) => pace.start(of(`start ${index}`)));
  await turn();
  t.is(begun.length, 8);
  const joins = ['one', 'two'].map((name) => pace.join(of(`join ${name}`)));
  for (const step of begun.slice(0, 3)) step.end();
  await Promise.all(starts.slice(0, 3));
  await turn();
  t.deepEqual(
    begun.slice(8).map(({ name }) => name),
    ['join one', 'join two', 'start 8'],
  );
  for (let ended = 3; ended < 14; ended += 1) {
    await turn();
    begun[ended]?.end();
  }
  t.deepEqual(await Promise.all(joins), ['join one', 'join two']);
  t.is((await Promise.all(starts)).length, 12);
});

test('the next one waits until no process has work left over', async (t) => {
  let share = 1;
  let asked = 0;
  const pace = new JoinPace(async () => {
    asked += 1;
    return share;
  });
  let over = 0;
  const joins = Array.from({ length: 8 }, () =>
    pace
      .join(async () => {})
      .then(() => {
        over += 1;
      }),
  );
  let ninth = false;
  const next = pace.join(async () => {
    ninth = true;
  });
  while (asked < 16) await turn();
  t.deepEqual([over, ninth], [0, false]);
  share = 0.5;
  await Promise.all([...joins, next]);
  t.true(ninth);
});

test('a join that fails, or a process that is gone, keeps nobody waiting', async (t) => {
  const pace = new JoinPace(async () => {
    throw new Error('nobody answers');
  });
  const failed = Array.from({ length: 8 }, () => pace.join(() => Promise.reject(new Error('no'))));
  const fine = pace.join(async () => 'in');
  for (const join of failed) await t.throwsAsync(join, { message: 'no' });
  t.is(await fine, 'in');
});

test('where processes stay busy fewer come at once, and more again when they rest', async (t) => {
  let share = 1;
  const pace = new JoinPace(async () => share, { patienceMillis: 0, pauseMillis: 0 });
  const widest = async (): Promise<number> => {
    const { begun, of } = steps();
    const joins = Array.from({ length: 10 }, (_, index) => pace.join(of(String(index))));
    await turn();
    const width = begun.length;
    for (let ended = 0; ended < 10; ended += 1) {
      while (begun[ended] === undefined) await turn();
      begun[ended]?.end();
    }
    await Promise.all(joins);
    return width;
  };
  t.is(await widest(), 8);
  t.is(await widest(), 1);
  share = 0.2;
  t.is(await widest(), 1);
  t.is(await widest(), 8);
});

test('registrations and logins are joins, other commands are not', (t) => {
  const pace = new JoinPace(async () => 0);
  t.deepEqual(
    ['register', 'login', 'send', 'info'].map((command) => pace.isJoin(command)),
    [true, true, false, false],
  );
});
