import { utf8 } from '../bytes.ts';
import type { Env } from '../env.ts';
import type { Message } from '../messages.ts';
import { anything, bytes, integer, list, misfit, record, text } from '../shape.ts';

type Of<Type extends Message['type']> = Extract<Message, { type: Type }>;
type Tools = Pick<Env<never>, 'crypto' | 'codec' | 'random'>;

/** Between which nodes of one user something travels; bound into every seal, so that nothing can be replayed elsewhere. */
export interface HandoverRoute {
  readonly heir: string;
  readonly giver: string;
}

/** Asks for the page at `cursor` of what session `epoch` left; epoch 0: of whichever there is. */
export interface HandoverAsk {
  /** Opens the user's store at the giving node, where nobody is logged in any more; also proves that the asker is the user. */
  readonly storeKey: Uint8Array;
  readonly epoch: number;
  readonly cursor: string;
}

/** Rows of the user's store, and where the next ones begin; `next` is HANDOVER_END after the last. */
export interface HandoverPage {
  readonly epoch: number;
  readonly cursor: string;
  readonly next: string;
  readonly rows: ReadonlyArray<readonly [table: string, key: string, value: unknown]>;
}

/** The cursor behind the last row. */
export const HANDOVER_END = 'end';
const ROWS_MAX = 1_024;

const cursorShape = text(0, 256);
const askShape = record({ storeKey: bytes(32), epoch: integer(), cursor: cursorShape });
const pageShape = record({ epoch: integer(), cursor: cursorShape, next: cursorShape, rows: list(anything, ROWS_MAX) });
const rowShape = list(anything, 3);
const NONCE = new Uint8Array(12);

function associated(route: HandoverRoute): Uint8Array {
  return utf8(`${route.heir}\0${route.giver}`);
}

/** To the giving node's certified X25519 key; each ephemeral key seals once. Null when that key is malformed. */
export function sealAsk(tools: Tools, giverKey: Uint8Array, route: HandoverRoute, ask: HandoverAsk): Of<'handover-ask'> | null {
  const { crypto, codec, random } = tools;
  const pair = crypto.agreementKeyPair(random.bytes(32));
  const shared = crypto.agree(pair.secretKey, giverKey);
  if (shared === null) return null;
  const key = crypto.hkdf({ key: shared, salt: pair.publicKey, info: 'confab/handover-ask/1', length: 32 });
  const sealed = crypto.seal({ key, nonce: NONCE, plaintext: codec.encode(ask), associated: associated(route) });
  return { type: 'handover-ask', ephemeral: pair.publicKey, sealed };
}

/** Null for whatever is not a well-formed ask to this node over this route. Never throws. */
export function openAsk(tools: Tools, giverSeed: Uint8Array, route: HandoverRoute, message: Of<'handover-ask'>): HandoverAsk | null {
  const { crypto } = tools;
  const shared = crypto.agree(giverSeed, message.ephemeral);
  if (shared === null) return null;
  const key = crypto.hkdf({ key: shared, salt: message.ephemeral, info: 'confab/handover-ask/1', length: 32 });
  const ask = opened(tools, key, route, message.sealed);
  return misfit(askShape, ask) === null ? (ask as HandoverAsk) : null;
}

function pageKey(tools: Tools, storeKey: Uint8Array, salt: Uint8Array): Uint8Array {
  return tools.crypto.hkdf({ key: storeKey, salt, info: 'confab/handover-page/1', length: 32 });
}

/** Under a key derived from the vault's store key; each salt gives a key that seals once. */
export function sealPage(tools: Tools, storeKey: Uint8Array, route: HandoverRoute, page: HandoverPage): Of<'handover-page'> {
  const { crypto, codec, random } = tools;
  const salt = random.bytes(16);
  const plaintext = codec.encode(page);
  return {
    type: 'handover-page',
    salt,
    sealed: crypto.seal({ key: pageKey(tools, storeKey, salt), nonce: NONCE, plaintext, associated: associated(route) }),
  };
}

/** Null for whatever is not a well-formed page for this node over this route. Never throws. */
export function openPage(tools: Tools, storeKey: Uint8Array, route: HandoverRoute, message: Of<'handover-page'>): HandoverPage | null {
  const page = opened(tools, pageKey(tools, storeKey, message.salt), route, message.sealed);
  if (misfit(pageShape, page) !== null) return null;
  const { rows } = page as HandoverPage;
  const whole = rows.every((row) => misfit(rowShape, row) === null && row.length === 3 && typeof row[0] === 'string' && typeof row[1] === 'string');
  return whole ? (page as HandoverPage) : null;
}

function opened(tools: Tools, key: Uint8Array, route: HandoverRoute, ciphertext: Uint8Array): unknown {
  const plaintext = tools.crypto.open({ key, nonce: NONCE, ciphertext, associated: associated(route) });
  if (plaintext === null) return null;
  try {
    return tools.codec.decode(plaintext);
  } catch {
    return null;
  }
}
