import type { MessageView, RingView } from '../src/core/commands.ts';
import { CORE_OPTIONS } from '../src/core/options.ts';
import type { LocalEngine } from '../src/engine/local.ts';
import type { Benchmark, Figure } from './benchmark.ts';
import { befriend, EventWatch, PASSWORD, registerAll, startAll, until, withNetwork } from './live-network.ts';

const USERS = ['alice', 'bob', 'carol', 'dave', 'erin', 'frank', 'grace', 'heidi'];
const MESSAGES = 20;
const DEADLINE_MILLIS = 30_000;
/** Copies besides the writer's own node, which may be one of the four. */
const HOLDERS_MIN = 3;
const COPIES = CORE_OPTIONS.replicaCopies;

export const offlineMail: Benchmark = {
  name: 'offline-mail',
  about: 'messages to somebody who is away: until others hold them, and from the login to the screen when all holders but one are dead',
  command: 'npm run bench -- offline-mail',
  async measure({ say }): Promise<readonly Figure[]> {
    return await withNetwork(async (engine) => {
      await startAll(engine, USERS);
      await registerAll(engine, USERS);
      await befriend(engine, 'alice', 'bob');
      await until(engine, 'the ring has formed', async () => (await Promise.all(USERS.map((user) => isSettled(engine, user)))).every(Boolean), DEADLINE_MILLIS);
      await engine.stopNode('bob');
      const sentMillis = performance.now();
      for (let number = 1; number <= MESSAGES; number += 1) await engine.command('alice', 'send', { to: 'bob', text: `letter ${number}` });
      await until(engine, 'all are held', async () => (await letters(engine)).every(({ state }) => state === 'held'), DEADLINE_MILLIS);
      const heldMillis = performance.now() - sentMillis;
      await until(engine, 'all have all', async () => (await letters(engine)).every(({ heldBy }) => (heldBy ?? []).length >= HOLDERS_MIN), DEADLINE_MILLIS);
      say(`held after ${Math.round(heldMillis)} ms, all copies are there after ${Math.round(performance.now() - sentMillis)} ms`);
      const holders = (await letters(engine)).at(-1)?.heldBy ?? [];
      say(`held by ${holders.join(', ')}; all die but ${holders[0]}, and the writer`);
      await Promise.all(['alice', ...holders.slice(1)].map((name) => engine.killNode(name)));
      await engine.startNode('bob');
      const watch = new EventWatch(engine);
      const last = watch.next('the last letter', (node, event) => node === 'bob' && isLast(event), DEADLINE_MILLIS);
      await engine.command('bob', 'login', { password: PASSWORD });
      const loggedInMillis = performance.now();
      const shownMillis = (await last) - loggedInMillis;
      return [
        {
          row: `${MESSAGES} messages to somebody who left in order, from the first until each is held by a majority`,
          value: heldMillis,
          unit: 'ms',
        },
        {
          row: "offline message after the recipient's login, K-1 of K holders dead, sender away (the last of 20)",
          value: Math.max(0, shownMillis),
          unit: 'ms',
          aim: 'under 1,000 ms',
        },
      ];
    });
  },
};

async function letters(engine: LocalEngine): Promise<readonly MessageView[]> {
  return ((await engine.command('alice', 'history', { with: 'bob', limit: 100 })) as { messages: readonly MessageView[] }).messages;
}

/** A member that knows its place and as many successors as copies are made. */
async function isSettled(engine: LocalEngine, user: string): Promise<boolean> {
  const { member, predecessor, successors } = (await engine.command(user, 'ring', {})) as RingView;
  return member && predecessor !== null && successors.length >= COPIES;
}

function isLast(event: { readonly type: string }): boolean {
  return event.type === 'message-received' && (event as unknown as { message: MessageView }).message.text === `letter ${MESSAGES}`;
}
