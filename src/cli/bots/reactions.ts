/** What a bot thinks of a message at once: a reaction, or null for nothing in particular. */
export function reactionTo(text: string): string | null {
  for (const { says, reaction } of REACTIONS) if (says.test(text)) return reaction;
  return null;
}

const REACTIONS: ReadonlyArray<{ readonly says: RegExp; readonly reaction: string }> = [
  { says: /\b(ha(ha)+|lol|joke|funny)\b|[:;]-?\)/iu, reaction: 'ha' },
  { says: /\b(thanks?|thank you|great|nice|lovely|wonderful|well done|congratulations|agreed)\b/iu, reaction: '+1' },
  { says: /\b(sad|sorry|unfortunately|alas|ill|tired)\b/iu, reaction: 'oh' },
];
