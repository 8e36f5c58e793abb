import type { DatagramContent } from '../core/datagram.ts';
import type { CommandInput, ServiceResult } from '../core/env.ts';
import type { Host } from '../core/host.ts';
import type { Address } from '../core/types.ts';
import { datagramAddressText } from './datagram-net.ts';
import type { Timer } from './timers.ts';

/** Something for the program; while a commit is under way it waits here, as it would in a socket. */
export type Input<Message> =
  | { readonly type: 'message'; readonly from: Address; readonly message: Message }
  | { readonly type: 'datagram'; readonly from: Address; readonly content: DatagramContent }
  | { readonly type: 'timer'; readonly timer: Timer }
  | { readonly type: 'command'; readonly command: CommandInput }
  | { readonly type: 'answer'; readonly answer: Answer }
  | { readonly type: 'start' }
  | { readonly type: 'leave' }
  | { readonly type: 'stop' };

type PlainInput<Message> = Exclude<Input<Message>, { readonly type: 'timer' | 'leave' | 'stop' }>;

/** Hands over what needs nothing but the host. */
export function handTo<Message>(host: Host<Message>, input: PlainInput<Message>): void {
  switch (input.type) {
    case 'message':
      return host.input(input.from, input.message);
    case 'datagram':
      return host.datagram(datagramAddressText(input.from), input.content);
    case 'command':
      return host.command(input.command);
    case 'answer':
      if (input.answer.run === host.run) host.answer(input.answer.request, input.answer.result);
      return;
    case 'start':
      return host.start();
  }
}

export interface Answer {
  readonly request: string;
  readonly run: number;
  readonly result: ServiceResult;
}

/** What a hosted node schedules for itself. */
export const END_TURN = 0;
export const SETTLE = 1;
export const RELEASE = 2;
export const INPUT = 3;

/** Longest time that the program may take to hand over before it ends, ms (as live). */
export const LEAVE_MILLIS_MAX = 1_500;
/** What one input counts of the time that a slow node takes: `slowFactor` - 1 times this, ms. Other nodes take none. */
export const SERVICE_MILLIS = 0.5;

/** Inputs that wait for a node that stands still; as with full socket buffers, further frames are lost. */
const WAITING_INPUTS_MAX = 65_536;

export function mayWait(waiting: readonly unknown[], input: { readonly type: Input<unknown>['type'] }): boolean {
  return waiting.length < WAITING_INPUTS_MAX || (input.type !== 'message' && input.type !== 'datagram');
}
