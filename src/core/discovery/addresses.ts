/** Addresses as texts: `tcp://127.0.0.1:40123` for frames, `udp://127.0.0.1:50123` for datagrams; `sim:17` and `udp://sim:17` in the simulator. */

/** The number at the end of a transport address that can be told in a beacon, or null: only TCP and simulated nodes have one. */
export function portOfTransport(address: string): number | null {
  const digits = /^(?:tcp:\/\/.*:|sim:)([0-9]{1,9})$/.exec(address)?.[1];
  return digits === undefined ? null : Number(digits);
}

/** Where a node takes frames whose datagrams came from `from`; null when `from` is no datagram address. */
export function transportBeside(from: string, port: number): string | null {
  const host = /^udp:\/\/([0-9.]{7,15}|sim):[0-9]{1,9}$/.exec(from)?.[1];
  if (host === undefined || port < 1) return null;
  if (host === 'sim') return `sim:${port}`;
  return port < 65_536 ? `tcp://${host}:${port}` : null;
}

/** What a datagram address looks like. */
export const DATAGRAM_ADDRESS = /^udp:\/\/([0-9.]{7,15}|sim):[0-9]{1,9}$/;

/** The datagram address among those of a node record, or null. */
export function datagramAddressIn(addresses: readonly string[]): string | null {
  return addresses.find((address) => DATAGRAM_ADDRESS.test(address)) ?? null;
}
