import { FAULT_WORDS } from '../control/fault-grammar.ts';
import { didYouMean } from '../control/nearest.ts';
import { parseNodeName } from '../control/node-name.ts';
import { DRAWN_MILLIS_MAX, LAWS } from '../core/distributions.ts';
import { ConfabError } from '../core/errors.ts';
import {
  DELAY_MILLIS_MAX,
  DRIFT_MILLIS_MAX,
  EVERY_FAULT,
  JITTER_SHARE_DEFAULT,
  JITTER_SHARE_MAX,
  LINE_BYTES_MAX,
  QUEUE_BYTES_DEFAULT,
  SHAPE_MAX,
  SHAPE_MIN,
  SIGMA_MAX,
  SKEW_MILLIS_MAX,
  SLOW_FACTOR_MAX,
} from '../core/fault-limits.ts';
import type { Rule } from '../core/rules.ts';
import { CONDUCT_WORDS, type ConductName, isConduct } from '../lab/conduct-words.ts';
import { misfitOfDistribution, toDistribution, type WrittenDistribution } from '../scenario/distribution-part.ts';
import { parseDuration, sayLongest } from '../scenario/durations.ts';
import { matrixPart } from '../scenario/matrix-part.ts';
import { expandNames, misfitOfNames } from '../scenario/names.ts';
import { sayUnknownConduct } from './load-conduct.ts';

/** What somebody wants done to a running network, in words: the same at a shell and in a terminal. */
export type FaultOrder =
  | { readonly type: 'list' }
  /** How orders are written. */
  | { readonly type: 'help' }
  /** `name` is null when none was given. */
  | { readonly type: 'rule'; readonly name: string | null; readonly rule: WithoutId }
  /** Null: everything, faults of nodes included. */
  | { readonly type: 'heal'; readonly names: readonly string[] | null }
  | { readonly type: 'pause' | 'resume' | 'kill'; readonly nodes: readonly string[] }
  | { readonly type: 'restart'; readonly nodes: readonly string[]; readonly emptyDisk: boolean }
  | { readonly type: 'lie'; readonly nodes: readonly string[]; readonly conduct: ConductName }
  | { readonly type: 'slow'; readonly nodes: readonly string[]; readonly factor: number; readonly forMillis: number }
  | { readonly type: 'disk'; readonly nodes: readonly string[]; readonly full: boolean }
  | { readonly type: 'clock'; readonly nodes: readonly string[]; readonly clock: { readonly skewMillis: number; readonly driftMillisPerSecond: number } };

type WithoutId = Rule extends infer One ? (One extends Rule ? Omit<One, 'id'> : never) : never;

export const EMPTY_DISK = '--empty-disk';
const NAME_CHARACTERS_MAX = 64;

function refuse(reason: string): ConfabError {
  return new ConfabError('bad-arguments', { command: 'fault', reason });
}

/** Reads an order; throws `bad-arguments` that says how it is written. */
export function readFaultOrder(words: readonly string[]): FaultOrder {
  const [verb = 'list', ...rest] = words;
  const usage = Object.hasOwn(FAULT_WORDS, verb) ? FAULT_WORDS[verb] : undefined;
  if (usage === undefined) {
    const hint = didYouMean(verb, Object.keys(FAULT_WORDS));
    throw refuse(`there is no fault ${JSON.stringify(verb.slice(0, 60))}.${hint || ` Known: ${Object.keys(FAULT_WORDS).join(', ')}.`}`);
  }
  const reader = new Reader(rest, usage);
  const order = orderOf(verb, reader);
  reader.end();
  return order;
}

function orderOf(verb: string, reader: Reader): FaultOrder {
  switch (verb) {
    case 'list':
    case 'help':
      return { type: verb };
    case 'cut':
      return reader.rule({ kind: 'cut' }, { from: reader.group(), to: reader.group() });
    case 'delay':
      return reader.rule({ kind: 'delay', delayMillis: reader.time(), jitterMillis: reader.maybe('jitter') ? reader.time() : 0 });
    case 'latency':
      return reader.rule(reader.latency());
    case 'loss':
    case 'duplicate':
      return reader.rule({ kind: verb, probability: reader.number(0, 1) });
    case 'reorder':
      return reader.rule({ kind: 'reorder', probability: reader.number(0, 1), byMillis: reader.after('by', () => reader.time()) });
    case 'bandwidth':
      return reader.rule({
        kind: 'bandwidth',
        bytesPerSecond: reader.whole(1, LINE_BYTES_MAX),
        queueBytesMax: reader.maybe('queue') ? reader.whole(0, LINE_BYTES_MAX) : QUEUE_BYTES_DEFAULT,
      });
    case 'heal': {
      const name = reader.word();
      return { type: 'heal', names: name === EVERY_FAULT ? null : [name, ...reader.rest()] };
    }
    case 'pause':
    case 'resume':
    case 'kill':
      return { type: verb, nodes: reader.nodes() };
    case 'restart':
      return { type: 'restart', nodes: reader.nodes(EMPTY_DISK), emptyDisk: reader.maybe(EMPTY_DISK) };
    case 'lie':
      return { type: 'lie', nodes: reader.nodes(reader.last()), conduct: reader.conduct() };
    case 'slow': {
      const factor = reader.number(1, SLOW_FACTOR_MAX);
      const nodes = reader.nodes('for');
      return { type: 'slow', factor, nodes, forMillis: reader.after('for', () => reader.time()) };
    }
    case 'disk':
      return { type: 'disk', full: reader.oneOf(['full', 'free']) === 'full', nodes: reader.nodes() };
    default: {
      const way = reader.oneOf(['ahead', 'behind', 'gains', 'loses', 'right']);
      const drifts = way === 'gains' || way === 'loses';
      const millis = way === 'right' ? 0 : reader.time(drifts ? DRIFT_MILLIS_MAX : SKEW_MILLIS_MAX);
      const off = way === 'behind' || way === 'loses' ? -millis : millis;
      return { type: 'clock', clock: { skewMillis: drifts ? 0 : off, driftMillisPerSecond: drifts ? off : 0 }, nodes: reader.nodes() };
    }
  }
}

type Part = WithoutId extends infer One ? (One extends WithoutId ? Omit<One, 'from' | 'to' | 'oneWay'> : never) : never;

/** Takes words one after the other. */
class Reader {
  readonly #words: string[];
  readonly #usage: string;

  constructor(words: readonly string[], usage: string) {
    this.#words = [...words];
    this.#usage = usage;
  }

  refuse(reason: string): ConfabError {
    return refuse(`${reason.replace(/[.?]$/u, '')}${reason.endsWith('?') ? '?' : '.'} Write it like this: ${this.#usage}`);
  }

  word(): string {
    const word = this.#words.shift();
    if (word === undefined) throw this.refuse('something is missing');
    return word;
  }

  conduct(): ConductName {
    const name = this.word();
    if (name === 'honest') throw this.refuse('whoever is honest does not lie; "heal NODE" ends a lie');
    const lies = Object.keys(CONDUCT_WORDS).filter((each) => each !== 'honest');
    if (!isConduct(name)) throw this.refuse(sayUnknownConduct(name, lies));
    return name;
  }

  /** All that is left: each a name of its own. */
  rest(): string[] {
    return this.#words.splice(0).flatMap((word) => word.split(','));
  }

  /** Where a list before it ends. */
  last(): string {
    if (this.#words.length < 2) throw this.refuse('something is missing');
    return this.#words.at(-1) as string;
  }

  maybe(wanted: string): boolean {
    if (this.#words[0] !== wanted) return false;
    this.#words.shift();
    return true;
  }

  after<Value>(wanted: string, read: () => Value): Value {
    if (!this.maybe(wanted)) throw this.refuse(`the word "${wanted}" is missing`);
    return read();
  }

  oneOf<const Word extends string>(known: readonly Word[]): Word {
    const word = this.word();
    const found = known.find((each) => each === word);
    if (found === undefined) throw this.refuse(`${JSON.stringify(word.slice(0, 60))} is none of ${known.join(', ')}`);
    return found;
  }

  number(min: number, max: number): number {
    const word = this.word();
    const value = Number(word);
    if (word.trim() === '' || !(value >= min && value <= max)) throw this.refuse(`${JSON.stringify(word.slice(0, 60))} is no number from ${min} to ${max}`);
    return value;
  }

  whole(min: number, max: number): number {
    const [word = ''] = this.#words;
    const value = this.number(min, max);
    if (!Number.isInteger(value)) throw this.refuse(`${JSON.stringify(word.slice(0, 60))} is no whole number`);
    return value;
  }

  time(max = DELAY_MILLIS_MAX): number {
    const word = this.word();
    const millis = parseDuration(word);
    if (millis !== null && millis > max) throw this.refuse(`${word.slice(0, 60)} is more than ${sayLongest(max)}`);
    if (millis === null) throw this.refuse(`${JSON.stringify(word.slice(0, 60))} is no time such as 200ms or 2s`);
    return millis;
  }

  /** `alice`, `alice,bob`, `user[1..9]`, `everyone`. */
  group(): string[] {
    const word = this.word();
    return word === 'everyone' ? ['*'] : this.#names(word.split(','));
  }

  nodes(until?: string): string[] {
    const names: string[] = [];
    while (this.#words.length > 0 && this.#words[0] !== until) names.push(...this.#names(this.word().split(',')));
    if (names.length === 0) throw this.refuse('the nodes are missing');
    return names;
  }

  #names(written: readonly string[]): string[] {
    const wrong = misfitOfNames(written);
    if (wrong !== null) throw this.refuse(wrong);
    const names = expandNames(written);
    for (const name of names) parseNodeName(name);
    return names;
  }

  latency(): Part {
    if (this.maybe('matrix')) return this.#matrix();
    const law: Record<string, string | number> = { law: this.oneOf(LAWS) };
    while (this.#words.length > 0 && PARAMETERS.includes(this.#words[0] as string)) {
      const name = this.word();
      law[name] =
        name === 'sigma'
          ? this.number(0, SIGMA_MAX)
          : name === 'shape' || name === 'alpha'
            ? this.number(SHAPE_MIN, SHAPE_MAX)
            : `${this.time(DRAWN_MILLIS_MAX)}ms`;
    }
    const written = law as unknown as WrittenDistribution;
    const wrong = misfitOfDistribution(written);
    if (wrong !== null) throw this.refuse(wrong);
    return { kind: 'latency', distribution: toDistribution(written) };
  }

  #matrix(): Part {
    const file = this.word();
    const oneWayTimes = this.maybe('values') && this.after('one-way', () => true);
    const jitterShare = this.maybe('jitter') ? this.number(0, JITTER_SHARE_MAX) : JITTER_SHARE_DEFAULT;
    const places: Array<{ readonly place: string; readonly nodes: readonly string[] }> = [];
    while (this.maybe('place')) places.push({ place: this.word(), nodes: this.#names(this.word().split(',')) });
    const part = matrixPart(file, { places, oneWayTimes, jitterShare });
    if (typeof part === 'string') throw this.refuse(part);
    return part;
  }

  /** The rest of every rule: between whom, in which direction, under which name. */
  rule(part: Part, ends: { from: string[]; to: string[] } = { from: ['*'], to: ['*'] }): FaultOrder {
    let { from, to } = ends;
    if (this.maybe('between')) [from, to] = [this.group(), this.after('and', () => this.group())];
    const oneWay = this.maybe('one-way');
    const name = this.maybe('as') ? this.#ruleName() : null;
    return { type: 'rule', name, rule: { ...part, from, to, oneWay } as WithoutId };
  }

  #ruleName(): string {
    const name = this.word();
    if (name === EVERY_FAULT) throw this.refuse(`${JSON.stringify(name)} means all rules where they are healed, so none can be called that`);
    if (name.length > NAME_CHARACTERS_MAX) throw this.refuse(`the name of a rule has ${NAME_CHARACTERS_MAX} characters at most`);
    return name;
  }

  end(): void {
    if (this.#words.length > 0) throw this.refuse(`nothing can be made of ${JSON.stringify(this.#words.slice(0, 3).join(' '))}`);
  }
}

const PARAMETERS: readonly string[] = ['value', 'min', 'max', 'mean', 'median', 'scale', 'sigma', 'shape', 'alpha'];
