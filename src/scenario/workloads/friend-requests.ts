import { anotherThan, type Workload } from './workload.ts';

/** Clients ask each other to be friends and accept, each pair at most once. In the end both sides of each pair say so. */
export const FRIEND_REQUESTS: Workload = {
  name: 'friend-requests',
  about: 'clients, strangers to each other, become friends',
  strictOnly: null,
  begin: () => {
    const pairs = new Map<string, readonly [string, string]>();
    return {
      operation: ({ client, tolerant, ...deal }) => {
        const to = anotherThan(client, deal);
        if (to === null) return [];
        const key = [client, to].sort().join(' ');
        if (pairs.has(key)) return [];
        pairs.set(key, [client, to]);
        const steps = [{ request: { from: client, to } }, { accept: { by: to, from: client }, within: '20s' }];
        return tolerant ? steps.map((step) => ({ ...step, maybe: true })) : steps;
      },
      checks: (tolerant) =>
        tolerant ? [] : [...pairs.values()].map(([one, other]) => ({ expect: { relation: { of: one, to: other, is: 'friend' } }, within: '60s' })),
    };
  },
};
