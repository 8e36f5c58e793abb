import { toHex, utf8 } from '../bytes.ts';
import type { Crypto } from '../capabilities.ts';

/** Where on the circle what belongs to a name lies: hex SHA-256 of `confab/ring/name/1` NUL name. */
export function keyOfName(crypto: Crypto, name: string): string {
  return toHex(crypto.sha256(utf8(`confab/ring/name/1\0${name.toLowerCase()}`)));
}
