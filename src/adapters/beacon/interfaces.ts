import { isIPv4 } from 'node:net';
import { networkInterfaces } from 'node:os';

/** Null when the text is no IPv4 address of this machine. */
export function broadcastAddressOf(interfaceAddress: string): string | null {
  if (!isIPv4(interfaceAddress)) return null;
  // Every 127.x.y.z is the loopback, whether the system lists it or not.
  if (interfaceAddress.startsWith('127.')) return '127.255.255.255';
  for (const entries of Object.values(networkInterfaces())) {
    const entry = entries?.find((each) => each.family === 'IPv4' && each.address === interfaceAddress);
    if (entry !== undefined) return withHostBits(entry.address, entry.netmask);
  }
  return null;
}

/** The address whose host part is all ones. */
export function withHostBits(address: string, netmask: string): string {
  const mask = netmask.split('.').map(Number);
  return address
    .split('.')
    .map((part, index) => (Number(part) | (~(mask[index] ?? 255) & 255)).toString())
    .join('.');
}

/** The IPv4 addresses of this machine, for people: `127.0.0.1, 192.168.1.5`. */
export function listAddresses(): string {
  const own = Object.values(networkInterfaces()).flatMap((entries) => (entries ?? []).filter((each) => each.family === 'IPv4').map((each) => each.address));
  return own.length === 0 ? '127.0.0.1' : own.join(', ');
}
