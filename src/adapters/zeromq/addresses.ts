import { isIPv4, isIPv6 } from 'node:net';

/** Linux's bound for the path of a Unix socket, its closing NUL left out. */
const IPC_PATH_BYTES_MAX = 107;

/**
 * Addresses come out of other people's records, so only what this transport knows gets as far as ZeroMQ: numeric TCP
 * addresses (no names: looking one up would stall every link of the process) and absolute Unix socket paths.
 */
export function isUsableAddress(address: string): boolean {
  if (address.startsWith('tcp://')) {
    const colon = address.lastIndexOf(':');
    const host = address.slice('tcp://'.length, colon);
    const portText = address.slice(colon + 1);
    const port = Number(portText);
    if (!/^[0-9]{1,5}$/.test(portText) || port < 1 || port > 65_535) return false;
    return isIPv4(host) || (host.startsWith('[') && host.endsWith(']') && isIPv6(host.slice(1, -1)));
  }
  if (address.startsWith('ipc:///')) {
    const path = address.slice('ipc://'.length);
    return !path.includes('\0') && Buffer.byteLength(path) <= IPC_PATH_BYTES_MAX;
  }
  return false;
}

export function isIpv6Address(address: string): boolean {
  return address.startsWith('tcp://[');
}

/** The port of a TCP address, 0 when it has none. */
export function portOf(address: string): number {
  const port = Number(address.slice(address.lastIndexOf(':') + 1));
  return Number.isInteger(port) ? port : 0;
}

/** The host of a TCP address, without the brackets of IPv6. */
export function hostOf(address: string): string {
  return address.slice('tcp://'.length, address.lastIndexOf(':')).replace(/^\[|\]$/g, '');
}
