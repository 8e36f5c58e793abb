import { bytesOfDatagram, type DatagramContent } from '../core/datagram.ts';
import type { DatagramTarget, Env, Program } from '../core/env.ts';
import type { Frame, Message } from '../core/messages.ts';
import type { ChatNodeOptions } from '../core/node.ts';
import type { Address } from '../core/types.ts';
import { type Attack, hostileNode } from './hostile-node.ts';
import { overlaid } from './overlaid.ts';

/** Messages of an earlier frame that are said again, and pieces of garbage, in each frame. */
const AGAIN = 20;
const GARBAGE = 20;
const KEPT_MAX = 2_000;
/** Packets beside each one that the honest node sends. */
const PACKETS = 4;
const PACKETS_KEPT_MAX = 200;
const PACKET_BYTES_MAX = 400;

const TYPES = ['envelope', 'hello', 'receipt', 'facts', 'records', 'ring-ask', 'ring-answer', 'replica-ask', 'room-events', 'handover-page', 'nothing-known'];

/**
 * A chat node that never stops talking: every frame of its leaves twice and carries what it said long ago, what others said to it,
 * and garbage; every packet of the membership protocol and every beacon is followed by old ones, altered ones and noise.
 */
export function babbler(env: Env<Frame>, settings: ChatNodeOptions): Program<Frame> {
  const said: Message[] = [];
  const below = (count: number): number => Math.floor(env.random.fraction() * count);
  const keep = (messages: readonly Message[]): void => {
    for (const message of messages) if (said.length < KEPT_MAX) said.push(message);
  };
  const garbage = (): Message => {
    const type = TYPES[below(TYPES.length)] as string;
    const fill = [env.random.bytes(below(60)), below(1_000), '', null, [below(9), env.random.bytes(4)], { id: below(5) }][below(6)];
    return { type, id: fill, question: fill, records: fill, facts: fill, envelope: fill, events: fill } as unknown as Message;
  };
  const attack: Attack = {
    twice: true,
    hear: keep,
    say: (messages: readonly Message[], _to: Address) => {
      const again = said.length === 0 ? [] : Array.from({ length: AGAIN }, () => said[below(said.length)] as Message);
      keep(messages);
      return [...messages, ...again, ...Array.from({ length: GARBAGE }, garbage)];
    },
  };
  return hostileNode(withNoise(env, below), settings, attack);
}

function withNoise(env: Env<Frame>, below: (count: number) => number): Env<Frame> {
  const sent: Uint8Array[] = [];
  const sendDatagram = (to: DatagramTarget, content: DatagramContent): void => {
    env.sendDatagram(to, content);
    if (sent.length < PACKETS_KEPT_MAX) sent.push(bytesOfDatagram(content).slice());
    for (let each = 0; each < PACKETS; each += 1) env.sendDatagram(to, noise(each));
  };
  const noise = (kind: number): Uint8Array => {
    const old = sent[below(sent.length)] as Uint8Array;
    if (kind === 0) return old;
    if (kind === 1) return env.random.bytes(1 + below(PACKET_BYTES_MAX));
    const altered = old.slice();
    const at = below(altered.length);
    altered[at] = (altered[at] ?? 0) ^ (1 << below(8));
    return kind === 2 ? altered : altered.slice(0, below(altered.length + 1));
  };
  return overlaid(env, { sendDatagram });
}
