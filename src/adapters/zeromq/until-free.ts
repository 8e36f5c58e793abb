import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { hostOf, portOf } from './addresses.ts';

const RETRY_MILLIS = 2;

/**
 * Resolves when nobody listens at a ZeroMQ address of this machine any more, or after `millisMax`: libzmq closes a listening
 * socket in its own thread, some time after it was asked to, and says nothing.
 */
export async function untilFree(address: string, millisMax: number): Promise<void> {
  const deadline = performance.now() + millisMax;
  while (!(await isFree(address)) && performance.now() < deadline) await new Promise((resolve) => setTimeout(resolve, RETRY_MILLIS));
}

async function isFree(address: string): Promise<boolean> {
  if (address.startsWith('ipc://')) return !existsSync(address.slice('ipc://'.length));
  const port = portOf(address);
  if (!address.startsWith('tcp://') || port === 0) return true;
  const probe = createServer();
  return await new Promise((resolve) => {
    probe.once('error', (error) => resolve((error as { code?: unknown }).code !== 'EADDRINUSE'));
    probe.listen({ host: hostOf(address), port, exclusive: true }, () => probe.close(() => resolve(true)));
  });
}
