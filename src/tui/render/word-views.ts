import { type Line, plain } from '../text/styled.ts';

const WORD_WIDTH = 10;
const WIDE_COLUMNS = 60;

/** `/recovery-words`, and after a registration: 24 words by number, to be copied by hand. `columns`: width of the terminal. */
export function wordTexts(recoveryWords: string, columns: number): readonly string[] {
  const words = recoveryWords.split(' ');
  const rows = Math.ceil(words.length / (columns < WIDE_COLUMNS ? 2 : 4));
  const lines: string[] = [];
  for (let row = 0; row < rows; row += 1) {
    let line = '';
    for (let at = row; at < words.length; at += rows) line += `${String(at + 1).padStart(2)}. ${(words[at] as string).padEnd(WORD_WIDTH)}`;
    lines.push(line.trimEnd());
  }
  return [
    'Your recovery words. Whoever has them has your account, so write them down and show them to nobody.',
    'At any node of your name, /recover and these words log you in and set a new password.',
    '',
    ...lines,
  ];
}

export function wordLines(recoveryWords: string, columns: number): readonly Line[] {
  return wordTexts(recoveryWords, columns).map((text) => (text === '' ? [] : plain(text)));
}
