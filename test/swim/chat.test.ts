import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import type { NodeEvent, UserView } from '../../src/core/commands.ts';
import type { Rule } from '../../src/core/rules.ts';
import type { SimEngine } from '../../src/engine/sim.ts';
import { loadScenario } from '../../src/scenario/load.ts';
import { SILENT } from '../../src/scenario/narration.ts';
import { runScenario } from '../../src/scenario/runner.ts';
import { becomeFriends, engineOf, sees } from '../sim/fixtures/chat-run.ts';

const NAMES = Array.from({ length: 6 }, (_, index) => `user${index}`);
/** These two never hear each other. */
const CUT: Rule = { id: 'c', kind: 'cut', from: ['user0'], to: ['user1'], oneWay: false };

async function network(seed: number, more: Readonly<Record<string, number>>): Promise<SimEngine> {
  const engine = engineOf({ seed, coreOptions: more });
  await engine.setRules([CUT]);
  await engine.startSeedServer();
  await engine.parallel(
    NAMES.map((name) => async () => {
      await engine.startNode(name);
      await engine.command(name, 'register', { password: 'password' });
    }),
  );
  await sees(engine, async () => ((await viewsOf(engine, 'user0')).length === NAMES.length ? null : 'not all are known'), 30_000);
  await engine.wait(3_000);
  return engine;
}

async function viewsOf(engine: SimEngine, node: string): Promise<readonly UserView[]> {
  return ((await engine.command(node, 'users', {})) as { users: readonly UserView[] }).users;
}

async function presenceOf(engine: SimEngine, node: string, user: string): Promise<string> {
  return (await viewsOf(engine, node)).find((view) => view.name === user)?.presence ?? 'unknown';
}

test('somebody to whom no line leads is watched over the others; without probes a broken line looks like a death', async (t) => {
  const engine = await network(1, {});
  t.is(await presenceOf(engine, 'user0', 'user1'), 'online');
  await engine.wait(20_000);
  t.is(await presenceOf(engine, 'user0', 'user1'), 'online', 'others reach it, so nobody takes it for dead');
  await engine.killNode('user1');
  await sees(engine, async () => ((await presenceOf(engine, 'user0', 'user1')) === 'offline' ? null : 'still online'), 6_000);
  await engine.stop();

  const without = await network(1, { swimPeriodMillis: 0 });
  await sees(without, async () => ((await presenceOf(without, 'user0', 'user1')) === 'offline' ? null : 'online'), 20_000);
  t.pass('without probes a broken line looks like a death');
  await without.stop();
});

test('M1: a friend who is killed is suspect to all friends within two seconds and offline within five, however seldom links are asked', async (t) => {
  for (let seed = 1; seed <= 4; seed += 1) {
    const engine = engineOf({ seed });
    const [victim, ...friends] = NAMES.slice(0, 4);
    await engine.startSeedServer();
    for (const name of NAMES) await engine.startNode(name);
    await engine.parallel(NAMES.map((name) => async () => void (await engine.command(name, 'register', { password: 'password' }))));
    await sees(engine, async () => ((await viewsOf(engine, NAMES[0] as string)).length === NAMES.length ? null : 'not all are known'), 30_000);
    for (const friend of friends) {
      await engine.command(friend, 'friend-add', { user: victim });
      await sees(engine, async () => {
        try {
          await engine.command(victim as string, 'friend-accept', { user: friend });
          return null;
        } catch (error) {
          return String(error);
        }
      });
    }
    // Whatever was said has been said: only probes and pings tell who is there.
    await engine.wait(15_000 + seed * 217);
    const suspect = new Map<string, number>();
    const offline = new Map<string, number>();
    engine.onEvent((node, event) => {
      const seen = event as NodeEvent;
      if (seen.type !== 'presence-changed' || seen.user !== victim) return;
      if (!suspect.has(node)) suspect.set(node, engine.now());
      if (seen.presence === 'offline' && !offline.has(node)) offline.set(node, engine.now());
    });
    const killedMillis = engine.now();
    await engine.killNode(victim as string);
    await engine.wait(6_000);
    for (const friend of friends) {
      t.true((suspect.get(friend) ?? Number.POSITIVE_INFINITY) - killedMillis < 2_000, `seed ${seed}: ${friend} suspects it`);
      t.true((offline.get(friend) ?? Number.POSITIVE_INFINITY) - killedMillis < 5_000, `seed ${seed}: ${friend} sees it offline`);
    }
    await engine.stop();
  }
});

test('M1: friends of many who die at once see all of them as suspect within two seconds and a half and offline within five, although probes have come to few of them', async (t) => {
  for (let seed = 1; seed <= 4; seed += 1) {
    const engine = engineOf({ seed, traced: false });
    const names = Array.from({ length: 12 }, (_, index) => `user${index}`);
    const [left, gone] = [names.slice(0, 6), names.slice(6)];
    await engine.startSeedServer();
    for (const name of names) await engine.startNode(name);
    await engine.parallel(names.map((name) => async () => void (await engine.command(name, 'register', { password: 'password' }))));
    await sees(engine, async () => ((await viewsOf(engine, 'user0')).length === names.length ? null : 'not all are known'), 30_000);
    for (const friend of left.slice(0, 2)) for (const victim of gone) await becomeFriends(engine, friend, victim);
    await engine.wait(15_000 + seed * 333);
    const doubted = new Set<string>();
    const offline = new Set<string>();
    engine.onEvent((node, event) => {
      const seen = event as NodeEvent;
      if (seen.type === 'presence-changed') (seen.presence === 'offline' ? offline : doubted).add(`${node} sees ${seen.user}`);
    });
    const wanted = left.slice(0, 2).flatMap((friend) => gone.map((victim) => `${friend} sees ${victim}`));
    for (const victim of gone) await engine.killNode(victim);
    await engine.wait(2_500);
    for (const each of wanted) t.true(doubted.has(each), `seed ${seed}: ${each} as suspect`);
    await engine.wait(2_500);
    for (const each of wanted) t.true(offline.has(each), `seed ${seed}: ${each}`);
    await engine.stop();
  }
});

for (const name of ['kill-and-recover', 'cut-and-heal', 'presence', 'seed-server-down']) {
  test(`everything works on links alone: ${name} passes with the probes switched off`, async (t) => {
    const file = fileURLToPath(new URL(`../../../scenarios/${name}.yaml`, import.meta.url));
    const scenario = loadScenario(readFileSync(file, 'utf8'), file);
    const engine = engineOf({ seed: 3, coreOptions: { ...scenario.options, swimPeriodMillis: 0 } });
    const report = await runScenario(scenario, engine, { seed: 3, wallMillis: () => 0, listener: SILENT });
    t.is(report.verdict, 'pass', report.reason ?? '');
  });
}
