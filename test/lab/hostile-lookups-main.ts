import type { LookupView, RingView } from '../../src/core/commands.ts';
import { chatNode } from '../../src/core/node.ts';
import { lyingMember } from '../../src/lab/lying-member.ts';
import { SmallWorld } from '../core/small-world.ts';

/**
 * How many look-ups come to a wrong end among members of whom some claim every key:
 * `node dist/test/lab/hostile-lookups-main.js [members] [liars] [seed]`.
 */
const [members = 40, liars = 4, seed = 5] = process.argv.slice(2).map(Number);
const ASKING = 12;
const KEYS = 25;

const lies = (user: string): boolean => Number(user.slice(4)) % Math.round(members / liars) === 1;
const world = new SmallWorld(
  seed,
  {},
  { program: (env, settings) => (lies(settings.user) ? lyingMember(env, settings, { lie: 'itself' }) : chatNode(env, settings)) },
);
const names = Array.from({ length: members }, (_, index) => `user${index}`);
await world.people(...names);
await world.engine.wait(30_000);
const views = await Promise.all(names.map((name) => world.ask<RingView>(name, 'ring')));
const sorted = views.toSorted((a, b) => (a.nodeId < b.nodeId ? -1 : 1));
const counts = { lookups: 0, wrong: 0, atLiars: 0, failed: 0 };
for (const name of names.filter((each) => !lies(each)).slice(0, ASKING)) {
  for (let key = 0; key < KEYS; key += 1) {
    const found = await world.ask<LookupView>(name, 'lookup', { name: `key${key}` });
    const owner = (sorted.find(({ nodeId }) => nodeId >= found.key) ?? sorted[0])?.node;
    const [seen] = found.owners;
    counts.lookups += 1;
    if (seen === undefined) counts.failed += 1;
    else if (seen !== owner) counts.wrong += 1;
    if (seen !== undefined && seen !== owner && lies(seen)) counts.atLiars += 1;
  }
}
process.stdout.write(`${JSON.stringify({ members, liars: names.filter(lies).length, seed, ...counts })}\n`);
await world.engine.stop();
