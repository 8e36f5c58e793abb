/**
 * What others wrote is shown, never obeyed: no escape sequences, control characters, direction overrides or
 * invisible characters reach the terminal. Emoji sequences that terminals disagree on are reduced to one code point.
 * Curly-brace tags need no stripping: the painter writes cells and reads no tags, so `{bold}` stays what it is, text.
 */

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this is about.
const ESCAPES = /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|[PX^_][^\u001b]*(?:\u001b\\)?|[ -/]*[0-~])?/g;
/** C0, DEL and C1, but for newline and tab. */
const CONTROLS = /(?![\n\t])\p{Cc}/gu;
/** Whatever has no shape of its own: direction marks and overrides, zero-width characters, soft hyphen, fillers, tags. */
const INVISIBLE = /[\p{Default_Ignorable_Code_Point}\ufff9-\ufffb]/gu;
const VARIANT = /\p{Variation_Selector}/gu;
const FLAG = /[\u{1f1e6}-\u{1f1ff}]{1,2}/gu;
const SKIN_TONE = /[\u{1f3fb}-\u{1f3ff}]/gu;
const KEYCAP = /\u20e3/g;
/** A joiner glues pictures into one: what follows it goes, the first stays. */
const JOINED = /(?<=\p{Extended_Pictographic})(?:\u200d\p{Extended_Pictographic})+/gu;
const LONE_SURROGATE = /\p{Surrogate}/gu;
const TOO_MANY_MARKS = /([\p{Mn}\p{Me}]{3})[\p{Mn}\p{Me}]+/gu;
const PLAIN = /^[\u0020-\u007e]*$/;

/** Text of several lines: newlines stay, tabs become four blanks. */
export function sanitise(text: string): string {
  if (PLAIN.test(text)) return text;
  return text
    .replace(LONE_SURROGATE, '\ufffd')
    .normalize('NFC')
    .replace(/\r\n?|[\u2028\u2029\u0085]/g, '\n')
    .replace(ESCAPES, '')
    .replace(CONTROLS, '')
    .replace(/\t/g, '    ')
    .replace(VARIANT, '')
    .replace(SKIN_TONE, (tone, at: number, whole: string) => (at === 0 || /\s$/u.test(whole.slice(0, at)) ? tone : ''))
    .replace(JOINED, '')
    .replace(INVISIBLE, '')
    .replace(FLAG, '\u2691')
    .replace(KEYCAP, '')
    .replace(TOO_MANY_MARKS, '$1');
}

/** One line: newlines become a visible mark. For names, status texts, previews and titles. */
export function sanitiseLine(text: string): string {
  return sanitise(text).replace(/\n+/g, ' ⏎ ').trim();
}

/** What somebody types or pastes: no control characters, every line end a newline. Nothing else is changed. */
export function cleanInput(text: string): string {
  return text.replace(/\r\n?/g, '\n').replace(CONTROLS, '');
}
