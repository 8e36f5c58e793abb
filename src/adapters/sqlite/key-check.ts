import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { replaceFile } from '../files.ts';

const SALT_BYTES = 16;
const TAG_BYTES = 32;
const LABEL = 'confab/store-check/1';

/**
 * A small file beside an encrypted database by which a wrong key and a damaged database can be told apart: to SQLite
 * both are "not a database". It holds a random salt and an HMAC of it under the key; the key is 32 random bytes, so
 * there is nothing to guess.
 */
export function keyCheck(path: string, key: Uint8Array): 'fits' | 'differs' | 'missing' {
  if (!existsSync(path)) return 'missing';
  const bytes = readFileSync(path);
  if (bytes.length !== SALT_BYTES + TAG_BYTES) return 'missing';
  return timingSafeEqual(tagOf(bytes.subarray(0, SALT_BYTES), key), bytes.subarray(SALT_BYTES)) ? 'fits' : 'differs';
}

/** Durable with the database beside it: one that is lost before then is made again. Throws the system's error. */
export function writeKeyCheck(path: string, key: Uint8Array): void {
  const salt = randomBytes(SALT_BYTES);
  replaceFile(path, Buffer.concat([salt, tagOf(salt, key)]));
}

function tagOf(salt: Uint8Array, key: Uint8Array): Buffer {
  return createHmac('sha256', key).update(LABEL).update(salt).digest();
}
