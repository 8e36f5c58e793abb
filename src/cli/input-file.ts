import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';
import { toHex } from '../core/bytes.ts';
import type { Codec } from '../core/capabilities.ts';
import type { NodeKeys } from '../core/env.ts';
import { type RecordedEntry, RecordedHost } from '../core/host-recording.ts';
import type { ChatNodeOptions } from '../core/node.ts';
import { scopeHash, stateHash } from '../core/state-hash.ts';
import type { Endpoint } from '../core/types.ts';
import type { DriverParts } from '../node/driver.ts';
import type { InputRecorder } from '../node/input-recorder.ts';

/** Recordings of other formats are refused. */
export const INPUTS_FORMAT = 4;

/** What a node runs, by the names with which it was started: a replay loads the same. Null: the chat node, which plays by the rules. */
export interface RunsWhat {
  /** Absolute path of a module. */
  readonly program: string | null;
  readonly conduct: string | null;
}

/** What a recording begins with: what the node was made of, and hashes over what lay on its disk. */
export interface Birth {
  readonly format: number;
  readonly found: { readonly node: string; readonly vault: string };
  readonly name: string;
  readonly run: number;
  readonly endpoint: Endpoint;
  readonly nodeKeys: NodeKeys;
  readonly datagramAddress: string | null;
  readonly settings: ChatNodeOptions;
  readonly runs: RunsWhat;
  readonly traced: boolean;
  readonly traceFrames: boolean;
}

/** What it ends with, when the node ended in order. */
export interface End {
  readonly state: string;
  readonly sent: string;
}

/** An item of a recording file: its length in four bytes, then the item in CBOR. */
type Item = readonly ['birth', Birth] | readonly ['end', End] | RecordedEntry;

const FILE_MODE = 0o600;
const BUFFER_BYTES_MAX = 262_144;

/**
 * Writes down all that reaches a node. The file holds its keys, passwords that were typed and texts that were written: it is
 * for the lab, and only its owner may read it.
 */
export function recordInputs(file: string, parts: Omit<DriverParts, 'recorder'>, { settings, runs }: Pick<Birth, 'settings' | 'runs'>): InputRecorder {
  const descriptor = openSync(file, 'w', FILE_MODE);
  const { codec, crypto, store } = parts;
  let waiting: Buffer[] = [];
  let size = 0;
  const flush = () => {
    if (size > 0) writeSync(descriptor, Buffer.concat(waiting));
    waiting = [];
    size = 0;
  };
  const write = (item: Item) => {
    const bytes = Buffer.from(codec.encode(withoutGaps(item)));
    const head = Buffer.alloc(4);
    head.writeUInt32LE(bytes.length);
    waiting.push(head, bytes);
    size += bytes.length + 4;
    // When a commit begins, all that led to it is written down: what a killed node had made durable can be repeated.
    if (item[0] === 'commit' || size >= BUFFER_BYTES_MAX) flush();
  };
  let host: RecordedHost<never> | null = null;
  return {
    host: (ports, make) => {
      const { name, run, endpoint, nodeKeys, datagramAddress, traceSink, traceFrames = true } = ports;
      const found = { node: toHex(scopeHash(store, 'node', crypto, codec)), vault: toHex(scopeHash(store, 'vault', crypto, codec)) };
      write([
        'birth',
        { format: INPUTS_FORMAT, found, name, run, endpoint, nodeKeys, datagramAddress, settings, runs, traced: traceSink !== null, traceFrames },
      ]);
      const made = new RecordedHost(ports, make, write);
      host = made as unknown as RecordedHost<never>;
      return made;
    },
    end: () => {
      if (host !== null) write(['end', { state: toHex(stateHash(store, crypto, codec)), sent: toHex(host.sent.hash) }]);
      flush();
      closeSync(descriptor);
    },
  };
}

/** CBOR has no place for what is not there. */
function withoutGaps(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutGaps);
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, each]) => each !== undefined)
      .map(([key, each]) => [key, withoutGaps(each)]),
  );
}

/** All items of a recording; the torn last one of a killed node is left out. */
export function readInputs(file: string, codec: Codec): Item[] {
  const bytes = readFileSync(file);
  const items: Item[] = [];
  let at = 0;
  while (at + 4 <= bytes.length) {
    const length = bytes.readUInt32LE(at);
    if (at + 4 + length > bytes.length) break;
    items.push(codec.decode(new Uint8Array(bytes.subarray(at + 4, at + 4 + length))) as Item);
    at += 4 + length;
  }
  return items;
}
