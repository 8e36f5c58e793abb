import { validateCommand } from '../control/validate.ts';
import type { CommandName, Commands } from '../core/commands.ts';
import { ConfabError } from '../core/errors.ts';
import type { Rule } from '../core/rules.ts';
import type { Engine, StartNodeOptions } from '../engine/engine.ts';
import { userOf } from './names.ts';
import { StepFailure } from './verb.ts';

export interface Memory {
  readonly passwords: Map<string, string>;
  /** Endpoints of nodes that run a program of their own, which is told of the others; null: chat nodes, which find each other. */
  readonly acquaintances: Map<string, string> | null;
  /** Texts of messages that were sent. */
  readonly texts: Set<string>;
  rules: readonly Rule[];
  ruleCount: number;
}

export function emptyMemory(isProgram: boolean): Memory {
  return { passwords: new Map(), acquaintances: isProgram ? new Map() : null, texts: new Set(), rules: [], ruleCount: 0 };
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
  constructor(engine: Engine, seen: (what: string) => void = () => {}, memory: Memory = emptyMemory(false)) {
    this.engine = engine;
    this.#seen = seen;
    this.#memory = memory;
  }

  /** The same scene for a step of its own: what it waits for is told to `seen`. */
  heardBy(seen: (what: string) => void): Scene {
    return new Scene(this.engine, seen, this.#memory);
  }

  /** Asks a node; rejects with ConfabError, also for arguments that its schema refuses. */
  async ask<Name extends CommandName>(node: string, name: Name, args: Commands[Name]['args'], deadlineMillis?: number): Promise<Commands[Name]['result']> {
    validateCommand(name, args);
    if (!this.engine.isRunning(node)) throw new ConfabError('unavailable', { what: `The node of ${node}` });
    if (name === 'send') this.#memory.texts.add((args as Commands['send']['args']).text);
    const answer = await this.engine.command(node, name, args, deadlineMillis);
    if (name === 'send') this.#recordAccepted(node, args as Commands['send']['args'], answer as Commands['send']['result']);
    return answer as Commands[Name]['result'];
  }

  get texts(): ReadonlySet<string> {
    return this.#memory.texts;
  }

  /** From here on the node answers for the message: this is the promise that checkers hold it to. */
  #recordAccepted(node: string, args: Commands['send']['args'], result: Commands['send']['result']): void {
    this.engine.record({ type: 'state', subject: 'message', id: result.id, to: 'accepted', data: { by: node, peer: args.to } });
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

  async startNode(node: string, options: StartNodeOptions): Promise<void> {
    await this.engine.startNode(node, options);
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

  /** A command of the program that a node runs. */
  async tell(node: string, name: string, args: Readonly<Record<string, unknown>>, deadlineMillis?: number): Promise<unknown> {
    if (!this.engine.isRunning(node)) throw new ConfabError('unavailable', { what: `The node of ${node}` });
    return this.engine.command(node, 'program-do', { name, args }, deadlineMillis);
  }

  /** A fresh name for a rule that the scenario did not name. */
  nextRuleId(kind: string): string {
    this.#memory.ruleCount += 1;
    return `${kind}-${this.#memory.ruleCount}`;
  }

  async addRule(rule: Rule): Promise<void> {
    this.#memory.rules = [...this.#memory.rules.filter((each) => each.id !== rule.id), rule];
    await this.engine.setRules(this.#memory.rules);
  }

  /** Takes rules away; all of them without a name. Says how many went. */
  async removeRules(id: string | null): Promise<number> {
    const kept = id === null ? [] : this.#memory.rules.filter((rule) => rule.id !== id);
    const removed = this.#memory.rules.length - kept.length;
    this.#memory.rules = kept;
    await this.engine.setRules(kept);
    return removed;
  }
}
