import type { SeedCalls, SeedOperation } from '../core/directory/seed-api.ts';
import type { ServiceRequest, ServiceResult } from '../core/env.ts';
import { ConfabError } from '../core/errors.ts';
import type { KeyDeriver, SeedClient } from '../ports/ports.ts';
import type { NodeLog } from './log.ts';

export interface ServiceParts {
  readonly keyDeriver: KeyDeriver;
  /** Null when no seed server was named. */
  readonly seedClient: SeedClient | null;
  readonly log: NodeLog;
}

/** Asks one of the driver's asynchronous helpers. Never rejects: what goes wrong is an answer too. */
export async function serve(parts: ServiceParts, what: ServiceRequest): Promise<ServiceResult> {
  try {
    switch (what.service) {
      case 'derive-key':
        return { ok: true, value: await parts.keyDeriver.derive(what.password, what.salt, what.derivation) };
      case 'seed':
        if (parts.seedClient === null) return { ok: false, code: 'unavailable' };
        return await parts.seedClient.call(what.call.operation as SeedOperation, what.call.body as SeedCalls[SeedOperation]['body']);
    }
  } catch (error) {
    parts.log.warn({ service: what.service, reason: error instanceof Error ? error.message : String(error) }, 'a service failed');
    if (error instanceof ConfabError) return { ok: false, code: error.code, details: error.details };
    return { ok: false, code: what.service === 'seed' ? 'unavailable' : 'internal' };
  }
}
