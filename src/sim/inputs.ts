import type { CommandInput, ServiceResult } from '../core/env.ts';
import type { TraceDetail } from '../core/trace.ts';
import type { Address } from '../core/types.ts';
import type { Timer } from './timers.ts';

/** Something for the program; while a commit is under way it waits here, as it would in a socket. */
export type Input<Message> =
  | { readonly type: 'message'; readonly from: Address; readonly message: Message }
  | { readonly type: 'datagram'; readonly from: Address; readonly bytes: Uint8Array }
  | { readonly type: 'timer'; readonly timer: Timer }
  | { readonly type: 'command'; readonly command: CommandInput }
  | { readonly type: 'answer'; readonly answer: Answer }
  | { readonly type: 'observe'; readonly detail: TraceDetail }
  | { readonly type: 'start' }
  | { readonly type: 'leave' }
  | { readonly type: 'stop' };

export interface Answer {
  readonly request: string;
  readonly run: number;
  readonly result: ServiceResult;
}
