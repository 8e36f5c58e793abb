import test from 'ava';
import type { RingView } from '../../src/core/commands.ts';
import { engineOf } from '../sim/fixtures/chat-run.ts';

test('a dead successor of whom the membership protocol does not tell, as in a crowd, is found by the rounds of a ring that has come to rest', async (t) => {
  const engine = engineOf({ seed: 1, traced: false, coreOptions: { swimMembersMax: 5, fullMembershipUsers: 4 } });
  const names = Array.from({ length: 16 }, (_, index) => `user${index}`);
  await engine.startSeedServer();
  for (const name of names) await engine.startNode(name);
  await engine.parallel(names.map((name) => async () => void (await engine.command(name, 'register', { password: 'password' }))));
  await engine.wait(60_000);
  const followerOf = async (name: string) => ((await engine.command(name, 'ring', {})) as RingView).successors[0]?.node;
  for (let death = 0; death < 5; death += 1) {
    await engine.wait(30_000 + death * 777);
    const victim = names.pop() as string;
    t.true((await Promise.all(names.map(followerOf))).includes(victim));
    await engine.killNode(victim);
    await engine.wait(5_000);
    for (const name of names) t.not(await followerOf(name), victim, `after ${name}`);
  }
  await engine.stop();
});
