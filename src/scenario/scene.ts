import { validateCommand } from '../control/validate.ts';
import type { CommandName, Commands } from '../core/commands.ts';
import { ConfabError } from '../core/errors.ts';
import type { Engine, StartNodeOptions } from '../engine/engine.ts';
import { FaultBook } from './fault-book.ts';
import { userOf } from './names.ts';
import { StepFailure } from './verb.ts';

const NOTICES_MAX = 100;

export interface Memory {
  readonly passwords: Map<string, string>;
  /** Recovery words by user, as the last registration showed them. */
  readonly recoveryWords: Map<string, string>;
  /** What nodes told whoever sits there, by node. */
  readonly notices: Map<string, string[]>;
  /** Endpoints of nodes that run a program of their own, which is told of the others; null: chat nodes, which find each other. */
  readonly acquaintances: Map<string, string> | null;
  /** Texts of messages that were sent. */
  readonly texts: Set<string>;
  /** What was in files that were sent, by their names. */
  readonly sentFiles: Map<string, Uint8Array>;
  /** Every password that anybody used, right or wrong, by user; for a search that must not find them. */
  readonly passwordsUsed: Map<string, Set<string>>;
  /** How nodes behave that do not play by the rules, by node. */
  readonly conducts: Map<string, string>;
  /** When the last wait of each pace was to end, ms. */
  readonly paces: Map<string, number>;
  readonly faults: FaultBook;
}

export function emptyMemory(engine: Engine, isProgram: boolean): Memory {
  return {
    passwords: new Map(),
    recoveryWords: new Map(),
    notices: new Map(),
    acquaintances: isProgram ? new Map() : null,
    texts: new Set(),
    sentFiles: new Map(),
    passwordsUsed: new Map(),
    conducts: new Map(),
    paces: new Map(),
    faults: new FaultBook(engine),
  };
}

/** Keeps what nodes tell people, from now on; of each node the last ones. */
export function keepNotices(engine: Engine, memory: Memory): void {
  engine.onEvent((node, event) => {
    const { type, text } = event as { readonly type?: unknown; readonly text?: unknown };
    if (type !== 'notice' || typeof text !== 'string') return;
    memory.notices.set(node, [...(memory.notices.get(node) ?? []).slice(1 - NOTICES_MAX), text]);
  });
}

/**
 * What steps act on: the engine, and what the scenario itself must remember (passwords, fault rules).
 * Steps reach nodes by commands of the registry only, as a person at a terminal would.
 */
export class Scene {
  readonly engine: Engine;
  readonly #memory: Memory;
  readonly #seen: (what: string) => void;

  /** `seen` hears what waiting expectations see, for the progress line. */
  constructor(engine: Engine, seen: (what: string) => void = () => {}, memory: Memory = emptyMemory(engine, false)) {
    this.engine = engine;
    this.#seen = seen;
    this.#memory = memory;
  }

  /** What is broken, and the way to break and to heal. */
  get faults(): FaultBook {
    return this.#memory.faults;
  }

  /** The same scene for a step of its own: what it waits for is told to `seen`. */
  heardBy(seen: (what: string) => void): Scene {
    return new Scene(this.engine, seen, this.#memory);
  }

  /** Asks a node; rejects with ConfabError, also for arguments that its schema refuses. */
  async ask<Name extends CommandName>(node: string, name: Name, args: Commands[Name]['args'], deadlineMillis?: number): Promise<Commands[Name]['result']> {
    validateCommand(name, args);
    if (!this.engine.isRunning(node)) throw new ConfabError('unavailable', { what: `The node of ${node}` });
    if (name === 'send' || name === 'room-send') this.#memory.texts.add((args as Commands['send']['args']).text);
    this.#notePassword(node, args as { readonly password?: unknown });
    const answer = await this.engine.command(node, name, args, deadlineMillis);
    if (name === 'send') this.#recordAccepted(node, args as Commands['send']['args'], answer as Commands['send']['result']);
    if (name === 'room-send') this.#recordSaid(node, args as Commands['room-send']['args'], answer as Commands['room-send']['result']);
    if (name === 'lookup') this.#recordLookup(node, args as Commands['lookup']['args'], answer as Commands['lookup']['result']);
    return answer as Commands[Name]['result'];
  }

  #recordLookup(node: string, args: Commands['lookup']['args'], result: Commands['lookup']['result']): void {
    const members = this.engine.nodes().filter((each) => this.engine.isRunning(each)).length;
    const to = result.owners.length > 0 ? 'found' : 'failed';
    this.engine.record({ type: 'state', subject: 'lookup', id: args.name, to, data: { by: node, hops: result.hops.length, members } });
  }

  get sentFiles(): Map<string, Uint8Array> {
    return this.#memory.sentFiles;
  }

  /** Something that was said otherwise than by a message. */
  noteText(text: string): void {
    this.#memory.texts.add(text);
  }

  get texts(): ReadonlySet<string> {
    return this.#memory.texts;
  }

  get passwordsUsed(): ReadonlyMap<string, ReadonlySet<string>> {
    return this.#memory.passwordsUsed;
  }

  #notePassword(node: string, { password }: { readonly password?: unknown }): void {
    if (typeof password !== 'string') return;
    const { passwordsUsed } = this.#memory;
    passwordsUsed.set(userOf(node), (passwordsUsed.get(userOf(node)) ?? new Set()).add(password));
  }

  /** From here on the node answers for the message: this is the promise that checkers hold it to. */
  #recordAccepted(node: string, args: Commands['send']['args'], result: Commands['send']['result']): void {
    this.engine.record({ type: 'state', subject: 'message', id: result.id, to: 'accepted', data: { by: node, peer: args.to } });
  }

  #recordSaid(node: string, args: Commands['room-send']['args'], result: Commands['room-send']['result']): void {
    this.engine.record({ type: 'state', subject: 'room-message', id: result.id, to: 'accepted', data: { by: node, room: args.room } });
  }

  /** Does the same for every name, side by side. */
  async each(names: readonly string[], act: (name: string) => Promise<void>): Promise<void> {
    const [only] = names;
    if (names.length === 1 && only !== undefined) return act(only);
    await this.engine.parallel(names.map((name) => () => act(name)));
  }

  /**
   * Waits until `check` says null; throws StepFailure with what was seen instead.
   * A refusal by a node is something seen, too: it may hold a moment later.
   */
  async until(wanted: string, check: () => Promise<string | null>, withinMillis: number): Promise<void> {
    const left = await this.engine.until(() => this.#look(check), withinMillis);
    if (left !== null) throw new StepFailure(`${wanted}; ${left}`);
  }

  /** Null when `check` held all the time, else what was seen when it did not. */
  async holds(check: () => Promise<string | null>, forMillis: number): Promise<string | null> {
    let broken: string | null = null;
    await this.engine.until(async () => {
      broken = await this.#look(check);
      return broken === null ? 'it holds' : null;
    }, forMillis);
    return broken;
  }

  async #look(check: () => Promise<string | null>): Promise<string | null> {
    try {
      const seen = await check();
      if (seen !== null) this.#seen(seen);
      return seen;
    } catch (error) {
      if (!(error instanceof ConfabError)) throw error;
      this.#seen(error.message);
      return error.message;
    }
  }

  /** Every user has a fixed password unless the scenario gives one; the last one that was given stays. */
  passwordOf(node: string, given?: string): string {
    const user = userOf(node);
    if (given === undefined) return this.#memory.passwords.get(user) ?? `${user} in the lab`;
    return given;
  }

  rememberPassword(node: string, password: string): void {
    this.#memory.passwords.set(userOf(node), password);
  }

  rememberWords(node: string, words: string): void {
    this.#memory.recoveryWords.set(userOf(node), words);
  }

  /** Empty where the user never registered in this run. */
  wordsOf(node: string): string {
    return this.#memory.recoveryWords.get(userOf(node)) ?? '';
  }

  noticesOf(node: string): readonly string[] {
    return this.#memory.notices.get(node) ?? [];
  }

  /** That somebody does not play by the rules stands in the trace before it does anything; it ends with its process. */
  recordConduct(node: string, conduct: string): void {
    if (conduct !== 'honest') this.engine.record({ type: 'state', subject: 'conduct', id: node, to: 'set', data: { kind: 'conduct', conduct } });
  }

  /** A node that does not play by the rules goes on like that when it starts again. */
  async startNode(node: string, options: StartNodeOptions): Promise<void> {
    const conduct = options.conduct ?? this.#memory.conducts.get(node);
    if (conduct !== undefined) {
      this.#memory.conducts.set(node, conduct);
      this.recordConduct(node, conduct);
    }
    await this.engine.startNode(node, conduct === undefined ? options : { ...options, conduct });
    const { acquaintances } = this.#memory;
    if (acquaintances === null) return;
    const endpoint = await this.engine.endpointOf(node);
    acquaintances.set(node, endpoint);
    // The others first: what the newcomer sends must not come from a stranger.
    for (const other of this.engine.nodes()) {
      if (other !== node && this.engine.isRunning(other)) await this.engine.command(other, 'program-meet', { peers: [{ name: node, endpoint }] });
    }
    await this.engine.command(node, 'program-meet', { peers: [...acquaintances].map(([name, where]) => ({ name, endpoint: where })) });
  }

  /** How long it takes until so long after the last time of that pace, ms; the first one is counted from now. */
  untilNextOf(pace: string, millis: number): number {
    const { paces } = this.#memory;
    const nowMillis = this.engine.now();
    const nextMillis = (paces.get(pace) ?? nowMillis) + millis;
    paces.set(pace, nextMillis);
    return Math.max(0, nextMillis - nowMillis);
  }

  /** A command of the program that a node runs. */
  async tell(node: string, name: string, args: Readonly<Record<string, unknown>>, deadlineMillis?: number): Promise<unknown> {
    if (!this.engine.isRunning(node)) throw new ConfabError('unavailable', { what: `The node of ${node}` });
    return this.engine.command(node, 'program-do', { name, args }, deadlineMillis);
  }

  async stopNode(node: string): Promise<void> {
    // Whoever stands still cannot end in order.
    await this.faults.change(node, { paused: false });
    await this.engine.stopNode(node);
  }

  async killNode(node: string): Promise<void> {
    await this.engine.killNode(node);
    await this.faults.change(node, { paused: false });
  }
}
