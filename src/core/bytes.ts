/** UTF-8 (RFC 3629) without a platform's help; lone surrogates become U+FFFD. */
export function utf8(text: string): Uint8Array {
  return ascii(text) ?? encoded(text);
}

/** Null for a text that has other characters. Most texts that are hashed have none. */
function ascii(text: string): Uint8Array | null {
  const out = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code >= 0x80) return null;
    out[at] = code;
  }
  return out;
}

function encoded(text: string): Uint8Array {
  const out = new Uint8Array(utf8Length(text));
  let at = 0;
  for (const character of text) {
    const point = wellFormed(character.codePointAt(0) as number);
    if (point < 0x80) out[at++] = point;
    else if (point < 0x800) {
      out[at++] = 0xc0 | (point >> 6);
      out[at++] = 0x80 | (point & 63);
    } else if (point < 0x10000) {
      out[at++] = 0xe0 | (point >> 12);
      out[at++] = 0x80 | ((point >> 6) & 63);
      out[at++] = 0x80 | (point & 63);
    } else {
      out[at++] = 0xf0 | (point >> 18);
      out[at++] = 0x80 | ((point >> 12) & 63);
      out[at++] = 0x80 | ((point >> 6) & 63);
      out[at++] = 0x80 | (point & 63);
    }
  }
  return out;
}

/** Bytes that the text has in UTF-8. */
export function utf8Length(text: string): number {
  let length = 0;
  for (const character of text) {
    const point = wellFormed(character.codePointAt(0) as number);
    length += point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
  }
  return length;
}

/** The text with lone surrogates replaced by U+FFFD, so that every codec can carry it. */
export function wellFormedText(text: string): string {
  return text.replace(/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g, '\ufffd');
}

function wellFormed(point: number): number {
  return point >= 0xd800 && point <= 0xdfff ? 0xfffd : point;
}

const HEX_DIGITS: readonly number[] = Array.from({ length: 16 }, (_, digit) => digit.toString(16).charCodeAt(0));
/** Bytes that become text at once. */
const HEX_PIECE = 1_024;

/** Lower-case hex digits. Made at once: a text that was put together digit by digit stays a tree of small pieces in memory until somebody reads it. */
export function toHex(bytesOf: Uint8Array): string {
  if (bytesOf.length <= HEX_PIECE) return hexPiece(bytesOf, 0, bytesOf.length);
  let hex = '';
  for (let at = 0; at < bytesOf.length; at += HEX_PIECE) hex += hexPiece(bytesOf, at, Math.min(at + HEX_PIECE, bytesOf.length));
  return hex;
}

function hexPiece(bytesOf: Uint8Array, from: number, end: number): string {
  const codes: number[] = [];
  for (let at = from; at < end; at += 1) {
    const byte = bytesOf[at] as number;
    codes.push(HEX_DIGITS[byte >> 4] as number, HEX_DIGITS[byte & 15] as number);
  }
  return String.fromCharCode.apply(null, codes);
}

export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const part of parts) length += part.length;
  const whole = new Uint8Array(length);
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}

export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a === b) return true;
  if (a.length !== b.length) return false;
  for (let index = 0; index < a.length; index += 1) if (a[index] !== b[index]) return false;
  return true;
}
