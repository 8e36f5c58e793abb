import type { CoreOptions } from '../../options.ts';
import type { RecordTools } from '../../records.ts';
import type { ValueKind } from '../kinds.ts';
import { mailKind } from './mail-kind.ts';
import { prekeysKind } from './prekeys-kind.ts';
import { presenceKind } from './presence-kind.ts';
import { roomCopyKind } from './room-copy-kind.ts';
import { userKind } from './user-kind.ts';
import { vaultKind } from './vault-kind.ts';

/**
 * Every kind of value that lives on the ring of a chat network. A kind is a function of the tools that decode and verify, in a
 * file of its own beside this one; what is not listed here is refused by every holder.
 */
export function productKinds(tools: RecordTools, options: CoreOptions): readonly ValueKind[] {
  return [
    userKind(tools),
    presenceKind(tools, options.presenceTtlMillis),
    vaultKind(tools),
    prekeysKind(tools, options.prekeysMillis + options.prekeysKeptMillis),
    mailKind(tools),
    roomCopyKind(tools),
  ];
}
