/** How nodes can behave that do not play by the rules: in scenarios `start: { nodes: mallory, conduct: ... }`, at run time `confab fault lie`. */
export const CONDUCT_WORDS = Object.freeze({
  honest: 'the chat node itself',
  'wrong-signatures': 'passes on records of others with signatures that are not right',
  'dropped-mail': 'takes messages and neither keeps nor confirms them',
  babbler: 'never stops talking: replays, floods and garbage on links and in datagrams',
  'stale-records': 'tells of others what it heard of them first, however much has changed',
  'wrong-successors': 'says that every key of the ring is its own and that nobody follows it',
  'copies-neglected': 'lets the sealed copies of its rooms end, and gives none of them out',
  'mail-withheld': 'confirms letters that are left with it for others, and gives none out',
  'mail-forged': 'gives out altered letters and forged receipts, back to front',
  'mail-replayed': 'gives out every letter that it ever saw, again and again, and altered ones with them',
});

export type ConductName = keyof typeof CONDUCT_WORDS;

export function isConduct(name: string): name is ConductName {
  return Object.hasOwn(CONDUCT_WORDS, name);
}
