import { cleanInput } from '../text/sanitise.ts';
import { type Key, type KeyName, key } from './keys.ts';

/**
 * Turns the bytes of a terminal into keys. Invariants:
 * 1. Cutting the bytes anywhere into chunks gives the same keys, as long as `flush` is not called in between.
 * 2. Every byte ends in a key or is dropped; nothing is kept for ever, `flush` gives out what is pending.
 * 3. A paste is one key; control characters other than newline and tab do not survive in it.
 * The caller calls `flush` when nothing has come for a while after `pending` became true: a lone ESC is the Escape key.
 */
export class InputParser {
  private readonly decoder = new TextDecoder('utf-8');
  private buffer = '';
  private pasting = false;
  private pasted = '';

  /** True while an escape sequence (or a paste) has begun and not ended. */
  get pending(): boolean {
    return this.buffer.length > 0;
  }

  push(chunk: Uint8Array): readonly Key[] {
    this.buffer += this.decoder.decode(chunk, { stream: true });
    return this.drain(false);
  }

  /** Nothing more came: what is half there is taken as it stands. An open paste goes on. */
  flush(): readonly Key[] {
    return this.drain(true);
  }

  private drain(final: boolean): readonly Key[] {
    const keys: Key[] = [];
    while (this.buffer.length > 0) {
      const taken = this.pasting ? this.takePaste(keys, final) : takeKey(this.buffer, final);
      if (taken === null) break;
      if (taken === 'paste-start') {
        this.pasting = true;
        this.pasted = '';
        this.buffer = this.buffer.slice(PASTE_START.length);
        continue;
      }
      this.buffer = this.buffer.slice(taken.length);
      if (taken.key !== null) keys.push(taken.key);
    }
    return keys;
  }

  private takePaste(keys: Key[], final: boolean): { length: number; key: null } | null {
    const end = this.buffer.indexOf(PASTE_END);
    if (end >= 0) {
      const text = cleanInput(this.pasted + this.buffer.slice(0, end));
      this.pasting = false;
      this.pasted = '';
      if (text.length > 0) keys.push({ type: 'paste', text });
      return { length: end + PASTE_END.length, key: null };
    }
    // The end mark may be cut in two: keep what could be its beginning.
    const kept = final ? 0 : overlap(this.buffer, PASTE_END);
    const length = this.buffer.length - kept;
    if (length === 0) return null;
    this.pasted = (this.pasted + this.buffer.slice(0, length)).slice(0, PASTE_CHARACTERS_MAX);
    return { length, key: null };
  }
}

const PASTE_START = '\u001b[200~';
const PASTE_END = '\u001b[201~';
/** Beyond this a paste is cut: no message may be that long anyway. */
const PASTE_CHARACTERS_MAX = 1_048_576;
const SEQUENCE_CHARACTERS_MAX = 32;

function overlap(text: string, mark: string): number {
  for (let length = Math.min(mark.length - 1, text.length); length > 0; length -= 1) if (text.endsWith(mark.slice(0, length))) return length;
  return 0;
}

type Taken = { readonly length: number; readonly key: Key | null };

function takeKey(buffer: string, final: boolean): Taken | 'paste-start' | null {
  if (buffer.charCodeAt(0) !== 0x1b) return takeCharacter(buffer, false);
  if (buffer.length === 1) return final ? { length: 1, key: key('escape') } : null;
  if (PASTE_START.startsWith(buffer) && buffer.length < PASTE_START.length) return final ? { length: buffer.length, key: null } : null;
  if (buffer.startsWith(PASTE_START)) return 'paste-start';
  const second = buffer[1] as string;
  if (second === '[') return takeControlSequence(buffer, final);
  if (second === 'O') {
    if (buffer.length === 2) return final ? { length: 2, key: key('char:o', { alt: true, shift: true }) } : null;
    const name = FINAL_NAMES[buffer[2] as string];
    return { length: 3, key: name === undefined ? null : key(name) };
  }
  if (second === '\u001b') {
    // ESC ESC: Escape, then whatever follows (some terminals send Alt+arrow so; two presses are more common).
    return { length: 1, key: key('escape') };
  }
  const taken = takeCharacter(buffer.slice(1), true);
  return taken === null ? null : { length: taken.length + 1, key: taken.key };
}

function takeCharacter(buffer: string, alt: boolean): Taken | null {
  const point = buffer.codePointAt(0) as number;
  const character = String.fromCodePoint(point);
  const length = character.length;
  switch (point) {
    case 0x0d:
    case 0x0a:
      // Ctrl-J is a newline in the draft on terminals that cannot tell Alt-Enter.
      return { length, key: point === 0x0a && !alt ? key('enter', { alt: true }) : key('enter', { alt }) };
    case 0x09:
      return { length, key: key('tab', { alt }) };
    case 0x7f:
    case 0x08:
      return { length, key: key('backspace', { alt }) };
    case 0x00:
      return { length, key: key('char: ', { ctrl: true, alt }) };
  }
  if (point < 0x20) return { length, key: key(`char:${String.fromCharCode(point + 0x60)}`, { ctrl: true, alt }) };
  if (point >= 0x80 && point < 0xa0) return { length, key: null };
  if (alt) return { length, key: key(`char:${character.toLowerCase()}`, { alt: true, shift: character !== character.toLowerCase() }) };
  return { length, key: { type: 'text', text: character } };
}

const FINAL_NAMES: Readonly<Record<string, KeyName>> = {
  A: 'up',
  B: 'down',
  C: 'right',
  D: 'left',
  H: 'home',
  F: 'end',
  M: 'enter',
  P: 'f1',
  Q: 'f2',
  R: 'f3',
  S: 'f4',
};

const TILDE_NAMES: Readonly<Record<string, KeyName>> = {
  '1': 'home',
  '2': 'insert',
  '3': 'delete',
  '4': 'end',
  '5': 'page-up',
  '6': 'page-down',
  '7': 'home',
  '8': 'end',
  '11': 'f1',
  '12': 'f2',
  '13': 'f3',
  '14': 'f4',
  '15': 'f5',
  '17': 'f6',
  '18': 'f7',
  '19': 'f8',
  '20': 'f9',
  '21': 'f10',
  '23': 'f11',
  '24': 'f12',
};

/** ESC [ parameters intermediates final (ECMA-48 5.4), with xterm's modifiers in the last parameter. */
function takeControlSequence(buffer: string, final: boolean): Taken | null {
  // Linux's console says F1 to F5 as ESC [ [ A to E.
  if (buffer[2] === '[') {
    if (buffer.length === 3) return final ? { length: 3, key: null } : null;
    const number = 'ABCDE'.indexOf(buffer[3] as string);
    return { length: 4, key: number < 0 ? null : key(`f${number + 1}`) };
  }
  let at = 2;
  while (at < buffer.length && at < SEQUENCE_CHARACTERS_MAX && isParameter(buffer.charCodeAt(at))) at += 1;
  if (at >= SEQUENCE_CHARACTERS_MAX) return { length: at, key: null };
  if (at === buffer.length) return final ? { length: at, key: at === 2 ? key('char:[', { alt: true }) : null } : null;
  const end = buffer[at] as string;
  // A control character inside a sequence ends it; it is read by itself.
  if (end.charCodeAt(0) < 0x40 || end.charCodeAt(0) > 0x7e) return { length: at, key: null };
  return { length: at + 1, key: sequenceKey(buffer.slice(2, at), end) };
}

function isParameter(code: number): boolean {
  return code >= 0x20 && code <= 0x3f;
}

function sequenceKey(parameters: string, end: string): Key | null {
  const [first = '', second = ''] = parameters.split(';');
  const modifiers = modifiersOf(second);
  if (end === 'Z') return key('tab', { ...modifiers, shift: true });
  if (end === '~') {
    const name = TILDE_NAMES[first];
    return name === undefined ? null : key(name, modifiers);
  }
  if (end === 'u') return kittyKey(Number(first), modifiers);
  const name = FINAL_NAMES[end];
  return name === undefined ? null : key(name, modifiers);
}

function modifiersOf(parameter: string): { readonly shift: boolean; readonly alt: boolean; readonly ctrl: boolean } {
  const bits = Math.max(0, Number.parseInt(parameter, 10) - 1) || 0;
  return { shift: (bits & 1) !== 0, alt: (bits & 2) !== 0, ctrl: (bits & 4) !== 0 };
}

/** `ESC [ code ; modifiers u`, which newer terminals send for what has no code of its own, Shift-Enter for one. */
function kittyKey(point: number, modifiers: { readonly shift: boolean; readonly alt: boolean; readonly ctrl: boolean }): Key | null {
  if (!Number.isInteger(point) || point <= 0 || point > 0x10ffff) return null;
  switch (point) {
    case 13:
      return key('enter', modifiers.shift || modifiers.ctrl ? { alt: true } : modifiers);
    case 9:
      return key('tab', modifiers);
    case 27:
      return key('escape');
    case 127:
      return key('backspace', modifiers);
  }
  const character = String.fromCodePoint(point);
  if (!modifiers.ctrl && !modifiers.alt) return point < 0x20 ? null : { type: 'text', text: modifiers.shift ? character.toUpperCase() : character };
  return key(`char:${character.toLowerCase()}`, modifiers);
}
