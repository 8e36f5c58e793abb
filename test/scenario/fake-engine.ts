import { ConfabError } from '../../src/core/errors.ts';
import { type FaultKind, faultsInForce, type NodeFaults } from '../../src/core/faults.ts';
import type { Rule } from '../../src/core/rules.ts';
import type { TraceEvent } from '../../src/core/trace.ts';
import type { Engine, SeedServerState } from '../../src/engine/engine.ts';
import { SimulatedPeopleFiles } from '../../src/engine/people-files.ts';
import { MemoryFiles } from '../../src/sim/memory-files.ts';

type Answer = (args: Readonly<Record<string, unknown>>) => unknown;

/** An engine whose nodes answer as a test says; time is a number that waiting moves on. */
export class FakeEngine implements Engine {
  readonly name = 'sim';
  readonly log: string[] = [];
  /** Answers by `node command` or by `command`; an Error is thrown. */
  readonly answers = new Map<string, Answer>();
  rules: readonly Rule[] = [];
  /** Every list that was set, in order. */
  readonly ruleHistory: Array<readonly Rule[]> = [];
  readonly faults = new Map<string, NodeFaults>();
  readonly peopleFiles = new SimulatedPeopleFiles(new MemoryFiles());
  stops = 0;
  startFails: Error | null = null;
  /** Waiting never comes back. */
  frozen = false;
  #now = 0;
  readonly #running = new Set<string>();
  #crash: (reason: string) => void = () => {};

  now(): number {
    return this.#now;
  }
  async start(): Promise<void> {
    if (this.startFails !== null) throw this.startFails;
  }
  async stop(): Promise<void> {
    this.stops += 1;
  }
  async startNode(node: string): Promise<void> {
    this.log.push(`start ${node}`);
    this.#running.add(node);
  }
  async stopNode(node: string): Promise<void> {
    this.log.push(`stop ${node}`);
    this.#running.delete(node);
  }
  async killNode(node: string): Promise<void> {
    this.log.push(`kill ${node}`);
    this.#running.delete(node);
  }
  isRunning(node: string): boolean {
    return this.#running.has(node);
  }
  async crashNode(node: string): Promise<void> {
    this.#running.delete(node);
    this.frozen = true;
    this.#crash(`the process of ${node} ended by itself`);
  }
  onCrash(listener: (reason: string) => void): void {
    this.#crash = listener;
  }
  nodes(): readonly string[] {
    return [...this.#running];
  }
  async command(node: string, name: string, args: Readonly<Record<string, unknown>>): Promise<unknown> {
    this.log.push(`${node} ${name}`);
    const answer = this.answers.get(`${node} ${name}`) ?? this.answers.get(name);
    if (answer === undefined) return {};
    const value = answer(args);
    if (value instanceof Error) throw value;
    return value;
  }
  onEvent(): void {}
  async startSeedServer(): Promise<void> {
    this.log.push('seed server');
  }
  async stopSeedServer(): Promise<void> {}
  async seedServerState(): Promise<SeedServerState | null> {
    return null;
  }
  async setRules(rules: readonly Rule[]): Promise<void> {
    this.rules = rules;
    this.ruleHistory.push(rules);
  }
  readonly refusals = new Map<FaultKind, string>();
  refusal(kind: FaultKind): string | null {
    return this.refusals.get(kind) ?? null;
  }
  async setFaults(node: string, faults: NodeFaults): Promise<void> {
    this.faults.set(node, faults);
    this.log.push(`faults ${node} ${faultsInForce(faults).join(' ')}`.trim());
  }
  async endpointOf(node: string): Promise<string> {
    if (!this.#running.has(node)) throw new ConfabError('unavailable', { what: node });
    return `fake:${node}#KEY`;
  }
  async wait(millis: number): Promise<void> {
    if (this.frozen) await new Promise(() => {});
    this.#now += millis;
  }
  async until(check: () => Promise<string | null>, deadlineMillis: number): Promise<string | null> {
    const end = this.#now + deadlineMillis;
    for (;;) {
      const seen = await check();
      if (seen === null || this.#now >= end) return seen;
      await this.wait(100);
    }
  }
  async parallel(strands: ReadonlyArray<() => Promise<void>>): Promise<void> {
    await Promise.all(strands.map((strand) => strand()));
  }
  note(text: string): void {
    this.log.push(`note ${text}`);
  }
  record(): void {}
  async trace(): Promise<readonly TraceEvent[]> {
    return [];
  }
  async traceSummary(): Promise<{ events: number; sha256: string }> {
    return { events: 2, sha256: 'ab'.repeat(32) };
  }
}
