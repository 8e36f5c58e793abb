import { toHex } from './bytes.ts';
import type { Endpoint } from './types.ts';

/** An endpoint as people see and type it: `tcp://127.0.0.1:40123#<64 hex digits of the key>`. */
export function formatEndpoint(endpoint: Endpoint): string {
  return `${endpoint.address}#${toHex(endpoint.key)}`;
}

/** Null when the text is no endpoint: a transport address of at most 256 characters, `#`, and the key in hex. */
export function parseEndpoint(text: string): Endpoint | null {
  const match = /^([a-z]{2,8}:[^\s#]{1,248})#([0-9a-fA-F]{64})$/.exec(text.trim());
  if (match === null) return null;
  const [, address = '', hex = ''] = match;
  return { address, key: Uint8Array.from({ length: 32 }, (_, index) => Number.parseInt(hex.slice(index * 2, index * 2 + 2), 16)) };
}
