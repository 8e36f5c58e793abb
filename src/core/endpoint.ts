import { fromBase64url, toBase64url } from './directory/seed-json.ts';
import type { Endpoint } from './types.ts';

/** `tcp://127.0.0.1:40123#KEY`: the transport address and the node's X25519 key as base64url, so that it can be typed or pasted. */
export function formatEndpoint(endpoint: Endpoint): string {
  return `${endpoint.address}#${toBase64url(endpoint.key)}`;
}

const ADDRESS = /^(tcp:\/\/[0-9A-Za-z.:[\]-]{1,200}:[0-9]{1,5}|ipc:\/\/[^#\s]{1,200}|inproc:\/\/[^#\s]{1,200}|sim:[0-9]{1,9})$/;

/** Null when the text is no endpoint. */
export function parseEndpoint(text: string): Endpoint | null {
  const mark = text.lastIndexOf('#');
  const address = text.slice(0, mark).trim();
  const key = mark < 0 ? null : fromBase64url(text.slice(mark + 1).trim());
  return key === null || key.length !== 32 || !ADDRESS.test(address) ? null : { address, key };
}
