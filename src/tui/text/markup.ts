import type { Line, Segment, Style } from './styled.ts';

/** `**bold**` and `__italic__` as styles; terminals that know no italic get an underline, which is what is painted here. */
const MARKED = /\*\*(?=\S)(.+?\S?)\*\*|__(?=\S)(.+?\S?)__/gu;

export function markup(text: string, base: Style): Line {
  const segments: Segment[] = [];
  let at = 0;
  for (const match of text.matchAll(MARKED)) {
    const [whole, bold, italic] = match;
    if (match.index > at) segments.push({ text: text.slice(at, match.index), style: base });
    if (bold !== undefined) segments.push({ text: bold, style: { ...base, bold: true } });
    else segments.push({ text: italic ?? whole, style: { ...base, underline: true } });
    at = match.index + whole.length;
  }
  if (at < text.length || segments.length === 0) segments.push({ text: text.slice(at), style: base });
  return segments;
}
