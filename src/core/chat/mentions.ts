const MENTION = /(?:^|[\s(])@([a-z0-9][a-z0-9._-]{0,31})/giu;

/** Names that a text mentions as `@name`, in small letters; a stop or dash behind one may be its own or the sentence's, so both count. */
export function mentionedNames(text: string): Set<string> {
  const names = new Set<string>();
  if (!text.includes('@')) return names;
  for (const [, name = ''] of text.matchAll(MENTION)) {
    names.add(name.toLowerCase());
    names.add(name.toLowerCase().replace(/[._-]+$/u, ''));
  }
  return names;
}
