import { anotherThan, type Workload } from './workload.ts';

/** Everybody writes to somebody. In the end each text lies once at its reader, in the order in which its writer wrote. */
export const DIRECT_MESSAGES: Workload = {
  name: 'direct-messages',
  about: 'clients, friends of each other, write messages',
  strictOnly: null,
  begin: () => {
    const texts = new Map<string, { from: string; to: string; texts: string[] }>();
    return {
      operation: ({ client, count, tolerant, ...deal }) => {
        const to = anotherThan(client, deal);
        if (to === null) return [];
        const text = `message ${count} of the workload, by ${client}`;
        const pair = texts.get(`${client} ${to}`) ?? { from: client, to, texts: [] };
        pair.texts.push(text);
        texts.set(`${client} ${to}`, pair);
        const send = { send: { from: client, to, text } };
        return [tolerant ? { ...send, maybe: true } : send];
      },
      checks: (tolerant) =>
        tolerant
          ? []
          : [...texts.values()].map((pair) => ({
              expect: { messages: { at: pair.to, with: pair.from, from: pair.from, contain: pair.texts } },
              within: '60s',
            })),
    };
  },
};
