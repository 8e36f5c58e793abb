import type { SeedCalls, SeedOperation } from '../core/directory/seed-api.ts';
import type { ServiceRequest, ServiceResult, SignatureItem } from '../core/env.ts';
import { ConfabError } from '../core/errors.ts';
import type { KeyDeriver, SeedClient, SignatureChecker, UserFiles } from '../ports/ports.ts';
import type { NodeLog } from './log.ts';

export interface ServiceParts {
  readonly keyDeriver: KeyDeriver;
  readonly signatureChecker: SignatureChecker;
  /** Null when no seed server was named. */
  readonly seedClient: SeedClient | null;
  /** Null or absent: this node reads and writes no files of its user. */
  readonly userFiles?: UserFiles | null;
  readonly log: NodeLog;
}

/** Asks one of the driver's asynchronous helpers. Never rejects: what goes wrong is an answer too. */
export async function serve(parts: ServiceParts, what: ServiceRequest): Promise<ServiceResult> {
  try {
    switch (what.service) {
      case 'derive-key':
        return { ok: true, value: await parts.keyDeriver.derive(what.password, what.salt, what.derivation) };
      case 'check-signatures':
        return { ok: true, value: await checked(parts.signatureChecker, what.items) };
      case 'seed':
        if (parts.seedClient === null) return { ok: false, code: 'unavailable' };
        return await parts.seedClient.call(what.call.operation as SeedOperation, what.call.body as SeedCalls[SeedOperation]['body']);
      case 'file-read':
        return { ok: true, value: await filesOf(parts).read(what.path, what.offset, what.length) };
      case 'file-write':
        return { ok: true, value: await filesOf(parts).write(what) };
      case 'file-paths':
        return { ok: true, value: { paths: await filesOf(parts).paths(what.path) } };
    }
  } catch (error) {
    if (error instanceof ConfabError && USER_CODES.has(error.code)) return { ok: false, code: error.code, details: error.details };
    parts.log.warn({ service: what.service, reason: error instanceof Error ? error.message : String(error) }, 'a service failed');
    if (error instanceof ConfabError) return { ok: false, code: error.code, details: error.details };
    return { ok: false, code: what.service === 'seed' ? 'unavailable' : 'internal' };
  }
}

async function checked(checker: SignatureChecker, items: readonly SignatureItem[]): Promise<Uint8Array> {
  const right = await Promise.all(items.map(({ publicKey, bytes, signature }) => checker.verifyApart(publicKey, bytes, signature)));
  return Uint8Array.from(right, (each) => (each ? 1 : 0));
}

/** What the user asked for cannot be done: an answer for the user, nothing for the log, which names no files of theirs. */
const USER_CODES: ReadonlySet<string> = new Set(['file-unreadable', 'file-unwritable', 'file-exists', 'file-path']);

function filesOf({ userFiles }: ServiceParts): UserFiles {
  if (userFiles === undefined || userFiles === null) throw new ConfabError('unavailable', { what: 'The file system' });
  return userFiles;
}
