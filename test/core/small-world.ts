import { CborCodec } from '../../src/adapters/codec/cbor.ts';
import { NodeCrypto } from '../../src/adapters/crypto/node-crypto.ts';
import type { FriendView, MessageView, UserView } from '../../src/core/commands.ts';
import { ConfabError } from '../../src/core/errors.ts';
import type { CoreOptions } from '../../src/core/options.ts';
import { SimEngine, type SimEngineOptions } from '../../src/engine/sim.ts';

export const PASSWORD = 'correct horse';

/** What a node tells by itself, by node. */
export interface Heard {
  readonly node: string;
  readonly event: { readonly type: string; readonly text?: string; readonly reason?: string };
}

/** A simulated network and what its nodes told, with the few phrases that tests need. */
export class SmallWorld {
  readonly engine: SimEngine;
  readonly heard: Heard[] = [];

  constructor(seed: number, coreOptions: Partial<CoreOptions> = {}, more: Partial<SimEngineOptions> = {}) {
    this.engine = new SimEngine({ seed, capabilities: { crypto: new NodeCrypto(), codec: new CborCodec() }, traced: false, coreOptions, ...more });
    this.engine.onEvent((node, event) => this.heard.push({ node, event: event as Heard['event'] }));
  }

  ask<Result>(node: string, command: string, args: Readonly<Record<string, unknown>> = {}): Promise<Result> {
    return this.engine.command(node, command, args) as Promise<Result>;
  }

  /** The code of the error with which the command is refused, or `ok`. */
  async outcome(node: string, command: string, args: Readonly<Record<string, unknown>> = {}): Promise<string> {
    try {
      await this.engine.command(node, command, args);
      return 'ok';
    } catch (error) {
      if (error instanceof ConfabError) return error.code;
      throw error;
    }
  }

  /** Starts nodes one after the other, each with the address of the first, and registers them. */
  async people(...names: readonly string[]): Promise<void> {
    for (const name of names) {
      const first = this.engine.nodes()[0];
      await this.engine.startNode(name, { peers: first === undefined ? [] : [await this.engine.endpointOf(first)] });
      await this.ask(name, 'register', { password: PASSWORD });
    }
  }

  async befriend(a: string, b: string): Promise<void> {
    await this.ask(a, 'friend-add', { user: b });
    await this.soon(`${b} hears of ${a}`, async () => (await this.relation(b, a)) === 'incoming');
    await this.ask(b, 'friend-accept', { user: a });
    await this.soon(`${a} and ${b} are friends`, async () => (await this.relation(a, b)) === 'friend');
  }

  async relation(node: string, user: string): Promise<string> {
    try {
      return (await this.ask<UserView>(node, 'user', { user })).relation;
    } catch {
      return 'unknown';
    }
  }

  async presence(node: string, friend: string): Promise<string> {
    const { friends } = await this.ask<{ friends: readonly FriendView[] }>(node, 'friends');
    return friends.find((view) => view.name === friend)?.presence ?? 'no friend';
  }

  async texts(node: string, peer: string): Promise<string[]> {
    const { messages } = await this.ask<{ messages: readonly MessageView[] }>(node, 'history', { with: peer, limit: 500 });
    return messages.map((message) => message.text);
  }

  async state(node: string, id: string): Promise<string> {
    return (await this.ask<MessageView>(node, 'message', { id })).state;
  }

  /** Waits in virtual time; throws, naming what was waited for, when it does not come. */
  async soon(what: string, check: () => Promise<boolean>, deadlineMillis = 20_000): Promise<void> {
    const seen = await this.engine.until(async () => ((await check()) ? null : what), deadlineMillis);
    if (seen !== null) throw new Error(`not within ${deadlineMillis} ms: ${seen}`);
  }

  notices(node: string): string[] {
    return this.heard.filter((each) => each.node === node && each.event.type === 'notice').map((each) => each.event.text ?? '');
  }
}
