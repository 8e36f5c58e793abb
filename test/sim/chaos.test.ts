import test from 'ava';
import { ConfabError } from '../../src/core/errors.ts';
import { becomeFriends, engineOf, sees } from './fixtures/chat-run.ts';

const PASSWORD = 'a password';

/** Alice writes to bob while both are killed again and again and frames are lost. Returns what was taken, and what bob has in the end. */
async function writeThroughCrashes(seed: number): Promise<{ readonly taken: readonly string[]; readonly received: readonly string[] }> {
  const engine = engineOf({ seed, lossProbability: 0.05, traced: false });
  const random = engine.world.stream('workload');
  await engine.startSeedServer();
  for (const user of ['alice', 'bob']) {
    await engine.startNode(user);
    await engine.command(user, 'register', { password: PASSWORD });
  }
  await becomeFriends(engine, 'alice', 'bob');
  const taken: string[] = [];
  const write = async (): Promise<void> => {
    for (let count = 0; count < 30; count += 1) {
      await engine.wait(300 * random.fraction());
      const text = `text ${count}`;
      // A message may be taken although its reply is lost with the node; only those that were confirmed must arrive.
      await engine.command('alice', 'send', { to: 'bob', text }).then(
        () => taken.push(text),
        (error: unknown) => {
          if (!(error instanceof ConfabError)) throw error;
        },
      );
    }
  };
  const killAgainAndAgain = async (): Promise<void> => {
    for (let count = 0; count < 8; count += 1) {
      await engine.wait(1_000 * random.fraction());
      const user = random.fraction() < 0.5 ? 'alice' : 'bob';
      await engine.killNode(user);
      await engine.wait(500 * random.fraction());
      await engine.startNode(user);
      await engine.command(user, 'login', { password: PASSWORD });
    }
  };
  await engine.parallel([write, killAgainAndAgain]);
  let received: string[] = [];
  await sees(
    engine,
    async () => {
      const { messages } = (await engine.command('bob', 'history', { with: 'alice' })) as { messages: ReadonlyArray<{ text: string }> };
      received = messages.map((message) => message.text);
      const missing = taken.filter((text) => !received.includes(text));
      return missing.length === 0 ? null : `seed ${seed}: missing ${missing.join(', ')}`;
    },
    60_000,
  );
  await engine.wait(10_000);
  await engine.stop();
  return { taken, received };
}

test('L5: what was taken arrives, once and in order, whatever is killed and lost meanwhile', async (t) => {
  for (let seed = 1; seed <= 12; seed += 1) {
    const { taken, received } = await writeThroughCrashes(seed);
    t.true(taken.length > 5, `seed ${seed}: only ${taken.length} were taken`);
    t.is(new Set(received).size, received.length, `seed ${seed}: something came twice`);
    const numbers = received.map((text) => Number(text.slice(5)));
    t.deepEqual(
      numbers,
      numbers.toSorted((a, b) => a - b),
      `seed ${seed}: out of order`,
    );
  }
});
