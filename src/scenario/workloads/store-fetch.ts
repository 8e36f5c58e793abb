import type { Workload } from './workload.ts';

/** Clients change what is known of them (a signed record, the value); in the end all others see the last one. */
export const STORE_FETCH: Workload = {
  name: 'store-fetch',
  about: 'clients store a signed value under their name; everybody fetches it',
  strictOnly: 'the last value must be known',
  begin: () => {
    const values = new Map<string, string>();
    let readers: readonly string[] = [];
    return {
      operation: ({ client, clients, count }) => {
        readers = clients;
        values.set(client, `value ${count} of ${client}`);
        return [{ profile: { of: client, about: `value ${count} of ${client}` } }];
      },
      checks: () => [...values].map(([of, about]) => ({ expect: { profile: { of, 'seen-by': readers.filter((each) => each !== of), about } }, within: '60s' })),
    };
  },
};
