import type { DatagramContent } from '../core/datagram.ts';
import { DATAGRAM_BYTES_MAX, type DatagramTarget } from '../core/env.ts';
import type { Rule } from '../core/rules.ts';
import type { Address } from '../core/types.ts';
import type { World } from './world.ts';

/** A packet on its way; told from messages by its class. */
export class Datagram {
  readonly content: DatagramContent;

  constructor(content: DatagramContent) {
    this.content = content;
  }
}

/** Who sends. */
export interface DatagramSender {
  readonly index: number;
  readonly name: string;
  /** In place of the world's; null: the world's. */
  readonly rules: readonly Rule[] | null;
}

const PREFIX = 'udp://sim:';
const DIGITS_MAX = 9;

/** Each packet names its sender: addresses are written once. */
const texts: string[] = [];
const TEXTS_MAX = 16_384;

export function datagramAddressText(index: Address): string {
  if (index >= TEXTS_MAX) return `udp://sim:${index}`;
  while (texts.length <= index) texts.push(`udp://sim:${texts.length}`);
  return texts[index] as string;
}

/** -1 for what is no address of a simulated node. Read digit by digit: a map of thousands of texts is slower to look into. */
function indexOfAddress(text: string): Address {
  const digits = text.length - PREFIX.length;
  if (digits < 1 || digits > DIGITS_MAX || !text.startsWith(PREFIX)) return -1;
  let index = 0;
  for (let at = PREFIX.length; at < text.length; at += 1) {
    const digit = text.charCodeAt(at) - 48;
    if (digit < 0 || digit > 9) return -1;
    index = index * 10 + digit;
  }
  return index;
}

/** The packets of a world: each with a delay, a loss and a judgement of its own, so they overtake each other. */
export class DatagramNet {
  /** Packets sent and handed to the network so far; one to whoever listens counts once for each that it was meant for. */
  sentCount = 0;
  readonly #world: World;
  readonly #listeners = new Set<Address>();

  constructor(world: World) {
    this.#world = world;
  }

  /** From now on the node gets what is sent to whoever listens. */
  listen(index: Address): void {
    this.#listeners.add(index);
  }

  silence(index: Address): void {
    this.#listeners.delete(index);
  }

  send(from: DatagramSender, to: DatagramTarget, content: DatagramContent): void {
    if (content.length > DATAGRAM_BYTES_MAX) return;
    if (to === 'broadcast') {
      for (const index of this.#listeners) if (index !== from.index) this.#carry(from, index, content);
      return;
    }
    const index = indexOfAddress(to.address);
    if (index >= 0 && index < this.#world.size) this.#carry(from, index, content);
  }

  #carry(from: DatagramSender, to: Address, content: DatagramContent): void {
    const world = this.#world;
    this.sentCount += 1;
    let delayMillis = world.network.delayMillis();
    let copies = 1;
    const rules = from.rules ?? world.rules;
    if (rules.length > 0) {
      const verdict = world.judge(from.name, world.nameOf(to), content.length, rules);
      if (verdict.action === 'drop') return;
      if (verdict.action === 'deliver') {
        delayMillis += verdict.delayMillis;
        copies = verdict.copies;
      }
    }
    if (world.network.loses()) return;
    for (let copy = 0; copy < copies; copy += 1) world.carry(from.index, to, new Datagram(content), world.now + delayMillis);
  }
}
