import type { TransactionalStore } from '../core/capabilities.ts';
import type { Datagrams, Transport } from '../ports/ports.ts';
import { stackOf, text } from './failure-text.ts';
import type { NodeLog } from './log.ts';

export interface ClosingBounds {
  /** How long the last frames may take to leave, ms. */
  readonly flushMillis: number;
  /** How long the sockets may take to close after that, flushing included, ms. */
  readonly closeMillis: number;
}

/** Bounded: sockets that do not close must not keep a process that was asked to end. Never rejects. */
export async function closeSockets(transport: Transport, datagrams: Datagrams | null, log: NodeLog, bounds: ClosingBounds): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not closed within ${bounds.closeMillis} ms`)), bounds.closeMillis);
  });
  const closed = transport.flush(bounds.flushMillis).then(() => Promise.all([transport.stop(), datagrams?.stop()]));
  await Promise.race([closed, late]).catch((error: unknown) => log.warn({ reason: text(error) }, 'sockets did not close in order'));
  clearTimeout(timer);
}

/** Never throws. */
export function closeStore(store: TransactionalStore, log: NodeLog): void {
  try {
    store.close();
  } catch (error) {
    log.error({ reason: text(error), stack: stackOf(error) }, 'the store did not close in order');
  }
}
