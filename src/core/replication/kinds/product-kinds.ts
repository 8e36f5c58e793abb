import type { RecordTools } from '../../records.ts';
import type { ValueKind } from '../kinds.ts';

/**
 * Every kind of value that lives on the ring of a chat network. A kind is a function of the tools that decode and verify, in a
 * file of its own beside this one; what is not listed here is refused by every holder.
 */
export function productKinds(_tools: RecordTools): readonly ValueKind[] {
  return [];
}
