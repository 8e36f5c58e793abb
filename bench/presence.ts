import type { NodeEvent } from '../src/core/commands.ts';
import type { PresenceState, PresenceView } from '../src/core/types.ts';
import type { Benchmark, Figure } from './benchmark.ts';
import { befriend, EventWatch, PASSWORD, registerAll, startAll, withNetwork } from './live-network.ts';

const DEADLINE_MILLIS = 15_000;

export const presence: Benchmark = {
  name: 'presence',
  about: "how long a friend's login, logout, status and death take to be seen",
  command: 'npm run bench -- presence',
  async measure(): Promise<readonly Figure[]> {
    return await withNetwork(async (engine) => {
      await startAll(engine, ['alice', 'bob']);
      await registerAll(engine, ['alice', 'bob']);
      await befriend(engine, 'alice', 'bob');
      const watch = new EventWatch(engine);
      const aliceSees = (what: string, holds: (view: PresenceView) => boolean) =>
        watch.next(`alice sees bob ${what}`, (node, event) => node === 'alice' && isBob(event) && holds(event), DEADLINE_MILLIS);
      const timed = async (command: string, args: Readonly<Record<string, unknown>>, state: PresenceState) => {
        const seen = aliceSees(state, (view) => view.presence === state);
        const startedMillis = performance.now();
        await engine.command('bob', command, args);
        return (await seen) - startedMillis;
      };
      const status = await timed('status', { presence: 'busy', text: 'measuring' }, 'busy');
      const logout = await timed('logout', {}, 'offline');
      const login = await timed('login', { password: PASSWORD }, 'busy');
      // Both are watched before the kill, so that neither can be missed.
      const suspect = aliceSees('suspect', (view) => view.suspect);
      const offline = aliceSees('offline', (view) => view.presence === 'offline');
      const killedMillis = performance.now();
      await engine.killNode('bob');
      const [suspectMillis, offlineMillis] = await Promise.all([suspect, offline]);
      return [
        { row: "a friend's status, to the event at the other node", value: status, unit: 'ms', aim: 'under 100 ms' },
        { row: "a friend's logout, likewise", value: logout, unit: 'ms', aim: 'under 100 ms' },
        { row: "a friend's login, likewise (argon2id included)", value: login, unit: 'ms', aim: 'under 100 ms' },
        { row: 'node killed with -9, seen as suspect', value: (suspectMillis - killedMillis) / 1_000, unit: 's', aim: 'under 2 s' },
        { row: 'node killed with -9, seen as offline', value: (offlineMillis - killedMillis) / 1_000, unit: 's', aim: 'under 5 s' },
      ];
    });
  },
};

function isBob(event: NodeEvent): event is Extract<NodeEvent, { type: 'presence-changed' }> {
  return event.type === 'presence-changed' && event.user === 'bob';
}
