import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Rule } from '../../src/core/rules.ts';
import { LocalEngine } from '../../src/engine/local.ts';
import { type SeededRandom, stream } from '../../src/sim/random.ts';
import { Ledger } from './ledger.ts';
import { judgeEnd } from './torture-checks.ts';

export interface TortureOptions {
  /** An empty folder; whoever made it removes it. */
  readonly root: string;
  /** Draws the faults and their times. Real processes do not repeat exactly, but the same seed gives the same kind of trouble. */
  readonly seed: number;
  /** How long faults go on, ms; the quiet end is not counted. */
  readonly millis: number;
  /** How long the network may take to come to rest after the last fault, ms. */
  readonly quietMillis?: number;
  readonly say?: (line: string) => void;
}

export interface TortureReport {
  readonly accepted: number;
  readonly indefinite: number;
  readonly refused: number;
  readonly faults: Readonly<Record<string, number>>;
  /** How long until everything was delivered after the last fault, ms. */
  readonly restMillis: number;
  /** Sentences; none is the aim. */
  readonly problems: readonly string[];
}

export const PEOPLE = ['alice', 'bob', 'carol'] as const;
const COMMAND_MILLIS = 15_000;
const QUIET_MILLIS = 90_000;

export function passwordOf(name: string): string {
  return `${name} under torture`;
}

/**
 * Three friends write to each other without pause while their processes are killed, stopped and started, while the network
 * between them is cut and slowed and the seed server comes and goes. At the end all is left alone, and then judged.
 */
export async function torture(options: TortureOptions): Promise<TortureReport> {
  const run = new Torture(options);
  try {
    return await run.play();
  } finally {
    await run.end();
  }
}

class Torture {
  readonly #options: TortureOptions;
  readonly #engine: LocalEngine;
  readonly #random: SeededRandom;
  readonly #ledger = new Ledger();
  readonly #faults: Record<string, number> = {};
  readonly #problems: string[] = [];
  /** Nodes at which a fault is under way. */
  readonly #struck = new Set<string>();
  readonly #stoppedProcesses = new Set<number>();
  #underWay: Promise<void>[] = [];
  #seedServerStruck = false;
  readonly #enough = new AbortController();

  constructor(options: TortureOptions) {
    this.#options = options;
    this.#random = stream(options.seed, 'torture');
    this.#engine = new LocalEngine({ root: options.root, network: `torture-${options.seed}`, traced: false });
    this.#engine.onEvent((node, event) => this.#ledger.event(node, event));
    this.#engine.onCrash((reason) => {
      if (!this.#seedServerStruck) this.#problems.push(reason);
    });
  }

  async play(): Promise<TortureReport> {
    await this.#befriendAll();
    const writers = PEOPLE.flatMap((from) => PEOPLE.filter((to) => to !== from).map((to) => this.#write(from, to)));
    await this.#strike();
    await Promise.all(this.#underWay);
    await this.#mendAll();
    this.#enough.abort();
    await Promise.all(writers);
    const begun = performance.now();
    const left = await this.#engine.until(() => this.#undelivered(), this.#options.quietMillis ?? QUIET_MILLIS);
    if (left !== null) this.#problems.push(left);
    const restMillis = performance.now() - begun;
    this.#problems.push(...(await judgeEnd(this.#engine, this.#ledger)));
    const { accepted, indefinite, refused } = this.#ledger;
    return { accepted: accepted.length, indefinite: indefinite.size, refused, faults: this.#faults, restMillis, problems: this.#problems };
  }

  async end(): Promise<void> {
    for (const pid of this.#stoppedProcesses) signal(pid, 'SIGCONT');
    await this.#engine.stop();
  }

  async #befriendAll(): Promise<void> {
    const engine = this.#engine;
    await engine.start();
    await engine.startSeedServer();
    await Promise.all(PEOPLE.map((name) => engine.startNode(name)));
    await Promise.all(PEOPLE.map((name) => engine.command(name, 'register', { password: passwordOf(name) })));
    for (const [index, from] of PEOPLE.entries()) {
      for (const to of PEOPLE.slice(index + 1)) {
        await this.#insist(`${from} asks ${to}`, () => engine.command(from, 'friend-add', { user: to }));
        await this.#insist(`${to} accepts ${from}`, () => engine.command(to, 'friend-accept', { user: from }));
      }
    }
    for (const name of PEOPLE) await this.#insist(`${name} sees friends`, () => this.#requireFriends(name));
  }

  async #requireFriends(name: string): Promise<void> {
    const { friends } = (await this.#engine.command(name, 'friends', {})) as { friends: readonly unknown[] };
    if (friends.length < PEOPLE.length - 1) throw new Error(`${name} has ${friends.length} friends`);
  }

  async #insist(what: string, work: () => Promise<unknown>): Promise<void> {
    const seen = await this.#engine.until(async () => {
      try {
        await work();
        return null;
      } catch (error) {
        return String(error);
      }
    }, 20_000);
    if (seen !== null) throw new Error(`${what}: ${seen}`);
  }

  // --- load ---

  async #write(from: string, to: string): Promise<void> {
    const random = stream(this.#options.seed, 'writer', from, to);
    for (let number = 1; !this.#enough.signal.aborted; number += 1) {
      const text = `${from} to ${to} number ${number}`;
      try {
        const answer = (await this.#engine.command(from, 'send', { to, text }, COMMAND_MILLIS)) as { id: string };
        this.#ledger.accept({ from, to, text, id: answer.id, number });
      } catch (error) {
        this.#ledger.failed(text, error);
        await pause(50 + random.below(100));
      }
      await pause(5 + random.below(40));
      // Now and then somebody reads.
      if (random.below(40) === 0) await this.#engine.command(from, 'read', { with: to }).catch(() => {});
    }
  }

  async #undelivered(): Promise<string | null> {
    const waiting = this.#ledger.accepted.filter(({ id }) => !this.#ledger.isDelivered(id));
    if (waiting.length === 0) return null;
    // The event may have been lost with a process that was killed; the history has the last word.
    for (const { from, id } of waiting.slice(0, 500)) {
      const view = (await this.#engine.command(from, 'message', { id }).catch(() => null)) as { state: string } | null;
      if (view !== null) this.#ledger.deliveredBy(from, id, view.state);
    }
    const first = waiting.find(({ id }) => !this.#ledger.isDelivered(id));
    return first === undefined && waiting.length <= 500 ? null : `${waiting.length} messages wait, such as "${first?.text}"`;
  }

  // --- faults ---

  async #strike(): Promise<void> {
    const end = performance.now() + this.#options.millis;
    while (performance.now() < end) {
      await pause(100 + this.#random.below(900));
      const chosen = this.#random.below(100);
      const first = this.#random.below(PEOPLE.length);
      const name = PEOPLE[first] as string;
      const other = PEOPLE[(first + 1 + this.#random.below(PEOPLE.length - 1)) % PEOPLE.length] as string;
      if (chosen < 30) this.#begin('kill', [name], () => this.#kill(name));
      else if (chosen < 40) this.#begin('kill-two', [name, other], () => Promise.all([this.#kill(name), this.#kill(other)]));
      else if (chosen < 55) this.#begin('freeze', [name], () => this.#freeze(name, 1_000 + this.#random.below(7_000)));
      else if (chosen < 65) this.#begin('restart', [name], () => this.#restart(name));
      else if (chosen < 72) this.#begin('log-out', [name], () => this.#logOutAndIn(name));
      else if (chosen < 82) this.#begin('seed-server', ['seed server'], () => this.#strikeSeedServer());
      else if (chosen < 92) this.#begin('rules', ['rules'], () => this.#slowOrCut(name, other));
      else this.#begin('freeze-then-kill', [name], () => this.#freeze(name, 1_000 + this.#random.below(3_000), true));
    }
  }

  #begin(kind: string, places: readonly string[], work: () => Promise<unknown>): void {
    if (places.some((place) => this.#struck.has(place))) return;
    for (const place of places) this.#struck.add(place);
    this.#faults[kind] = (this.#faults[kind] ?? 0) + 1;
    this.#options.say?.(`${kind} ${places.join(' ')}`);
    const done = work()
      .then(() => {})
      .catch((error: unknown) => void this.#problems.push(`${kind} ${places.join(' ')}: ${String(error)}`))
      .finally(() => {
        for (const place of places) this.#struck.delete(place);
      });
    this.#underWay.push(done);
  }

  async #kill(name: string): Promise<void> {
    const awayMillis = this.#random.below(3) === 0 ? this.#random.below(6_000) : this.#random.below(300);
    await this.#engine.killNode(name);
    await pause(awayMillis);
    await this.#startAndLogIn(name);
  }

  async #restart(name: string): Promise<void> {
    await this.#engine.stopNode(name);
    await this.#startAndLogIn(name);
  }

  /** Several nodes may fail to find their port free or be killed half-way; what counts is that they come back. */
  async #startAndLogIn(name: string): Promise<void> {
    await this.#engine.startNode(name);
    await this.#engine.command(name, 'login', { password: passwordOf(name) }, 30_000);
  }

  async #logOutAndIn(name: string): Promise<void> {
    await this.#engine.command(name, 'logout', {});
    await pause(this.#random.below(800));
    await this.#engine.command(name, 'login', { password: passwordOf(name) }, 30_000);
  }

  async #freeze(name: string, millis: number, thenKill = false): Promise<void> {
    const pid = pidIn(join(this.#options.root, 'nodes', name));
    this.#stoppedProcesses.add(pid);
    signal(pid, 'SIGSTOP');
    await pause(millis);
    if (thenKill) await this.#engine.killNode(name);
    else signal(pid, 'SIGCONT');
    this.#stoppedProcesses.delete(pid);
    if (thenKill) await this.#startAndLogIn(name);
  }

  async #strikeSeedServer(): Promise<void> {
    const awayMillis = this.#random.below(4_000);
    if (this.#random.below(2) === 0) await this.#engine.stopSeedServer();
    else {
      this.#seedServerStruck = true;
      signal(pidIn(join(this.#options.root, 'server_data')), 'SIGKILL');
    }
    await pause(200 + awayMillis);
    this.#seedServerStruck = false;
    await this.#engine.startSeedServer();
  }

  async #slowOrCut(name: string, other: string): Promise<void> {
    const groups = { id: 'torture', from: [name], to: this.#random.below(2) === 0 ? [other] : ['*'] };
    const oneWay = this.#random.below(2) === 0;
    const rule: Rule =
      this.#random.below(2) === 0
        ? { ...groups, kind: 'cut', oneWay }
        : { ...groups, kind: 'delay', oneWay, delayMillis: this.#random.below(400), jitterMillis: this.#random.below(800) };
    // A node that is killed meanwhile gets the rules of the moment when it starts again.
    await this.#engine.setRules([rule]).catch(() => {});
    await pause(1_000 + this.#random.below(7_000));
    await this.#engine.setRules([]).catch(() => {});
  }

  async #mendAll(): Promise<void> {
    await this.#engine.setRules([]);
    for (const name of PEOPLE) {
      if (!this.#engine.isRunning(name)) await this.#engine.startNode(name);
      const { loggedIn } = (await this.#engine.command(name, 'info', {})) as { loggedIn: boolean };
      if (!loggedIn) await this.#engine.command(name, 'login', { password: passwordOf(name) }, 30_000);
    }
  }
}

function pidIn(folder: string): number {
  return Number(readFileSync(join(folder, 'pid'), 'utf8'));
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It ended by another fault meanwhile.
  }
}

async function pause(millis: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, millis));
}
