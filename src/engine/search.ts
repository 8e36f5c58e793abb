import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { Codec } from '../core/capabilities.ts';
import type { DatagramContent } from '../core/datagram.ts';

/** Something that must be readable nowhere. */
export interface Secret {
  /** For people: `the password of alice`. */
  readonly what: string;
  readonly bytes: Uint8Array;
  /** The one place in which it may lie: a file, relative to the data root. */
  readonly exceptIn?: string;
}

/** What is looked for; the engine adds the private keys that lie locked in vaults, which it opens with the passwords. */
export interface SearchFor {
  readonly secrets: readonly Secret[];
  /** Passwords by user name: all that were ever used, wrong ones included. */
  readonly passwords: ReadonlyMap<string, ReadonlySet<string>>;
}

/** Where something can be read that should not. */
export interface Find {
  /** A file, a frame of a node, a table. */
  readonly place: string;
  /** What was found there: the `what` of a secret. */
  readonly what: string;
}

/** What a search found and how far it looked. */
export interface SearchResult {
  /** Empty: nothing is readable anywhere. */
  readonly found: readonly Find[];
  /** Frames, files and tables that were looked through. */
  readonly places: number;
  readonly bytes: number;
  /** Private keys among what was looked for. */
  readonly keys: number;
  /** Frames that were sent and not kept, so not looked through. */
  readonly left: number;
}

/** Frames that the simulator keeps for a search at the end. */
const FRAMES_MAX = 200_000;
const FOUND_MAX = 10;
/** Shorter spellings are found in any heap of bytes. */
const SPELLING_BYTES_MIN = 12;
/** Every spelling is found by three bytes of it: 16 million places in a table of bits. */
const ANCHOR_BYTES = 3;
const ANCHORS = 2 ** (8 * ANCHOR_BYTES);

interface Spelling {
  readonly bytes: Buffer;
  readonly secret: Secret;
}

/** A spelling, and where in it the three bytes stand by which it is found. */
interface AnchoredSpelling extends Spelling {
  readonly offset: number;
}

/** How a secret could lie about: as it is, as UTF-16, hexadecimal, or base64 at each of its three offsets. */
function spellingsOf(secret: Secret): Spelling[] {
  const raw = Buffer.from(secret.bytes);
  const base64 = ['base64', 'base64url'] as const;
  const inner = base64.flatMap((name) =>
    [0, 1, 2].map((offset) =>
      Buffer.from(
        Buffer.concat([Buffer.alloc(offset), raw])
          .toString(name)
          // The first and the last characters depend on what stands beside it.
          .slice(4, -4),
      ),
    ),
  );
  const hex = raw.toString('hex');
  const all = [raw, Buffer.from(raw.toString('utf8'), 'utf16le'), Buffer.from(hex), Buffer.from(hex.toUpperCase()), ...inner];
  const different = new Map(all.filter(({ length }) => length >= SPELLING_BYTES_MIN).map((bytes) => [bytes.toString('latin1'), bytes]));
  return [...different.values()].map((bytes) => ({ bytes, secret }));
}

/** Each by those three of its bytes that the fewest others have: passwords that begin alike would all be compared at every such beginning. */
function byAnchor(spellings: readonly Spelling[]): Map<number, AnchoredSpelling[]> {
  const uses = new Map<number, number>();
  const anchors = spellings.map(({ bytes }) => Array.from({ length: bytes.length - ANCHOR_BYTES + 1 }, (_, offset) => bytes.readUIntBE(offset, ANCHOR_BYTES)));
  for (const anchor of anchors.flatMap((each) => [...new Set(each)])) uses.set(anchor, (uses.get(anchor) ?? 0) + 1);
  const spellingsByAnchor = new Map<number, AnchoredSpelling[]>();
  for (const [index, spelling] of spellings.entries()) {
    const own = anchors[index] ?? [];
    const rarest = own.reduce((best, anchor) => ((uses.get(anchor) ?? 0) < (uses.get(best) ?? 0) ? anchor : best), own[0] ?? 0);
    const same = spellingsByAnchor.get(rarest);
    const anchored = { ...spelling, offset: own.indexOf(rarest) };
    if (same === undefined) spellingsByAnchor.set(rarest, [anchored]);
    else same.push(anchored);
  }
  return spellingsByAnchor;
}

/** Looks through bytes for many secrets in one pass. */
export class Search {
  readonly #bits = new Uint8Array(ANCHORS / 8);
  readonly #byAnchor: ReadonlyMap<number, readonly AnchoredSpelling[]>;
  readonly #seen = new Set<string>();
  readonly found: Find[] = [];
  readonly keys: number;
  places = 0;
  bytes = 0;
  left = 0;

  constructor(secrets: readonly Secret[], keys = 0) {
    this.keys = keys;
    this.#byAnchor = byAnchor(secrets.flatMap(spellingsOf));
    for (const anchor of this.#byAnchor.keys()) this.#bits[anchor >>> 3] = (this.#bits[anchor >>> 3] as number) | (1 << (anchor & 7));
  }

  look(place: string, bytes: Uint8Array): void {
    this.places += 1;
    this.bytes += bytes.length;
    const bits = this.#bits;
    let anchor = 0;
    for (let at = 0; at < bytes.length; at += 1) {
      anchor = ((anchor << 8) | (bytes[at] as number)) & (ANCHORS - 1);
      if (((bits[anchor >>> 3] as number) & (1 << (anchor & 7))) !== 0 && at >= ANCHOR_BYTES - 1) this.#compare(place, bytes, at - (ANCHOR_BYTES - 1), anchor);
    }
  }

  #compare(place: string, bytes: Uint8Array, anchorAt: number, anchor: number): void {
    for (const { bytes: spelling, offset, secret } of this.#byAnchor.get(anchor) ?? []) {
      const at = anchorAt - offset;
      const end = at + spelling.length;
      if (secret.exceptIn === place || at < 0 || end > bytes.length || spelling.compare(bytes, at, end) !== 0) continue;
      const find = `${place}\0${secret.what}`;
      if (this.found.length >= FOUND_MAX || this.#seen.has(find)) continue;
      this.#seen.add(find);
      this.found.push({ place, what: secret.what });
    }
  }
}

/** A row as it would stand in a file: its key, then its value. */
export function joined(key: string, value: Uint8Array): Uint8Array {
  return Buffer.concat([Buffer.from(key), value]);
}

/** Every file under a folder, sub-folders included; what vanishes meanwhile is passed over. */
export async function searchFolder(root: string, search: Search): Promise<void> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  for (const entry of entries) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const bytes = await readFile(path).catch(() => null);
    if (bytes !== null) search.look(relative(root, path), bytes);
  }
}

/** Frames are records of many fields; what writes itself is none. */
function isDatagram(sent: unknown): sent is DatagramContent {
  return sent instanceof Uint8Array || (typeof sent === 'object' && sent !== null && 'write' in sent);
}

/** All that a datagram says. Packets of a simulation need no signature for that. */
function sayingOf(sent: DatagramContent): Uint8Array {
  return sent instanceof Uint8Array ? sent : sent.unsigned();
}

/** What was sent in a simulated network, kept by reference and encoded only when it is searched. */
export class FrameLog {
  readonly #frames: Array<{ readonly node: string; readonly frame: unknown }> = [];
  #left = 0;

  add(node: string, frame: unknown): void {
    if (this.#frames.length < FRAMES_MAX) this.#frames.push({ node, frame });
    else this.#left += 1;
  }

  searchWith(search: Search, codec: Codec): void {
    search.left = this.#left;
    for (const { node, frame } of this.#frames) search.look(`a frame of ${node}`, isDatagram(frame) ? sayingOf(frame) : codec.encode(frame));
  }
}
