import test from 'ava';
import fc from 'fast-check';
import { type Link, newLink } from '../../src/core/link/link.ts';
import { LinkAgenda } from '../../src/core/link/link-agenda.ts';
import type { Address } from '../../src/core/types.ts';

const SEED = 20_261_122;

type Step =
  | { readonly what: 'add' | 'next' | 'all' }
  | { readonly what: 'delete' | 'later'; readonly place: number; readonly byMillis: number }
  | { readonly what: 'sooner'; readonly place: number; readonly byMillis: number }
  | { readonly what: 'due'; readonly byMillis: number };

const place = fc.nat(40);
const byMillis = fc.nat(1_000);
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: fc.constant<Step>({ what: 'add' }) },
    { weight: 3, arbitrary: fc.constant<Step>({ what: 'next' }) },
    fc.constant<Step>({ what: 'all' }),
    fc.record({ what: fc.constant('due' as const), byMillis }),
    fc.record({ what: fc.constantFrom('delete' as const, 'later' as const), place, byMillis }),
    { weight: 3, arbitrary: fc.record({ what: fc.constant('sooner' as const), place, byMillis }) },
  ),
  { maxLength: 120 },
);

test('a link agenda tells the same as a look at every link, in the order in which they came', (t) => {
  fc.assert(
    fc.property(steps, (run) => {
      const agenda = new LinkAgenda();
      const links: Link[] = [];
      /** What is true; the agenda hears only of what comes sooner. */
      const due = new Map<Link, number>();
      const dueOf = (link: Link): number => due.get(link) as number;
      const latestOf = (link: Link): number => dueOf(link) + (Number(link.address) % 3) * 40;
      const take = (step: Step, index: number): unknown => {
        const chosen = 'place' in step ? links[step.place % Math.max(1, links.length)] : undefined;
        switch (step.what) {
          case 'add': {
            const link = newLink({ address: index as Address, endpoint: { address: '', key: new Uint8Array(32) }, name: '', localRun: 1, nowMillis: 0 });
            links.push(link);
            due.set(link, (index * 7_919) % 1_000);
            return agenda.add(link);
          }
          case 'delete':
            if (chosen === undefined) return;
            links.splice(links.indexOf(chosen), 1);
            agenda.delete(chosen);
            agenda.delete(chosen);
            return t.false(agenda.has(chosen));
          case 'later':
            if (chosen !== undefined) due.set(chosen, dueOf(chosen) + step.byMillis);
            return;
          case 'sooner':
            if (chosen === undefined) return;
            due.set(chosen, dueOf(chosen) - step.byMillis);
            return agenda.bringForward(chosen, dueOf(chosen));
          case 'all':
            for (const link of links) due.set(link, dueOf(link) - 10);
            return agenda.forgetAll();
          case 'due': {
            const found = agenda.dueBy(step.byMillis);
            t.deepEqual(
              found,
              links.filter((link) => found.includes(link)),
            );
            t.true(links.every((link) => dueOf(link) > step.byMillis || found.includes(link)));
            return;
          }
          case 'next': {
            const { dueMillis, latestMillis } = agenda.next(dueOf, latestOf, () => false);
            t.is(latestMillis, Math.min(Number.POSITIVE_INFINITY, ...links.map(latestOf)));
            t.true(links.length === 0 ? dueMillis === latestMillis : links.some((link) => dueOf(link) === dueMillis && latestOf(link) === latestMillis));
            return t.deepEqual(agenda.all, links);
          }
        }
      };
      for (const [index, step] of run.entries()) take(step, index);
    }),
    { seed: SEED, numRuns: 200 },
  );
});
