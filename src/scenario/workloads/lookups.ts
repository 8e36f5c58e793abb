import { anotherThan, type Workload } from './workload.ts';

/** Clients ask the ring who keeps the key of a name; each answer is judged at once. */
export const LOOKUPS: Workload = {
  name: 'lookups',
  about: 'clients look up on the ring who keeps the key of a name',
  strictOnly: 'each look-up is judged at once',
  begin: () => ({
    operation: ({ client, clients, random }) => {
      const name = anotherThan(client, { clients, random });
      return name === null ? [] : [{ expect: { lookup: { at: client, of: name, among: [...clients] } }, within: '20s' }];
    },
    checks: () => [],
  }),
};
