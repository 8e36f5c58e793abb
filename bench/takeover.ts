import type { MessageView } from '../src/core/commands.ts';
import type { LocalEngine } from '../src/engine/local.ts';
import type { Benchmark, Figure } from './benchmark.ts';
import { befriend, PASSWORD, registerAll, startAll, until, withNetwork } from './live-network.ts';
import { MessageDriver } from './messages.ts';

const MESSAGES = 10_000;
const IN_FLIGHT = 64;
const PAGE = 500;
const DEADLINE_MILLIS = 120_000;

/** What must be the same at the new node, of each message. */
type Kept = Pick<MessageView, 'id' | 'key' | 'text' | 'fromMe' | 'sentMillis' | 'state' | 'receipts'>;

/** A session that moves to another node of its user, with everything that was written and read at the old one. */
export const takeover: Benchmark = {
  name: 'takeover',
  about: `a session with ${MESSAGES} messages moves to another real process: time until all of it is there, and whether it is the same`,
  command: 'npm run bench -- takeover',
  async measure({ quick, say }): Promise<readonly Figure[]> {
    const count = quick ? MESSAGES / 10 : MESSAGES;
    return await withNetwork(async (engine) => {
      await startAll(engine, ['alice', 'bob']);
      await registerAll(engine, ['alice', 'bob']);
      await befriend(engine, 'alice', 'bob');
      await new MessageDriver(engine).send(count, IN_FLIGHT);
      const before = await everything(engine, 'alice');
      if (before.length !== count) throw new Error(`alice has ${before.length} messages instead of ${count}`);
      await engine.startNode('alice@desk');
      const startedMillis = performance.now();
      await engine.command('alice@desk', 'login', { password: PASSWORD }, DEADLINE_MILLIS);
      say(`logged in after ${Math.round(performance.now() - startedMillis)} ms`);
      let after: readonly Kept[] = [];
      await until(
        engine,
        'all of it is there',
        async () => {
          after = await everything(engine, 'alice@desk');
          return after.length === count;
        },
        DEADLINE_MILLIS,
      );
      const movedMillis = performance.now() - startedMillis;
      const differing = after.filter((message, at) => JSON.stringify(message) !== JSON.stringify(before[at])).length;
      const name = `takeover with ${count.toLocaleString('en')} messages`;
      return [
        { row: `${name}, from the login until all are there`, value: movedMillis / 1_000, unit: 's', aim: 'under 10 s' },
        { row: `${name}, that are missing or differ in a byte`, value: count - after.length + differing, unit: 'messages', aim: '0' },
      ];
    });
  },
};

/** All messages of the conversation with bob, the earliest first. */
async function everything(engine: LocalEngine, node: string): Promise<Kept[]> {
  const pages: Kept[][] = [];
  let before: string | undefined;
  for (;;) {
    const page = (await engine.command(node, 'history', { with: 'bob', limit: PAGE, ...(before === undefined ? {} : { before }) })) as {
      messages: readonly MessageView[];
      more: boolean;
    };
    pages.unshift(page.messages.map(({ id, key, text, fromMe, sentMillis, state, receipts }) => ({ id, key, text, fromMe, sentMillis, state, receipts })));
    before = page.messages[0]?.key;
    if (!page.more || before === undefined) return pages.flat();
  }
}
