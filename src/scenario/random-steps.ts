import { type SeededRandom, stream } from '../sim/random.ts';
import { durationMillis } from './durations.ts';
import { expandNames, type NameList } from './names.ts';

/** Steps as a file writes them. */
export type RawStep = Readonly<Record<string, unknown>>;

/** The value of a `random` step; the schema has seen to the types. */
export interface RandomSteps {
  readonly nodes: NameList;
  readonly down?: NameList;
  readonly times: number;
  readonly pause?: string;
  readonly of: ReadonlyArray<{ readonly weight?: number; readonly steps: readonly RawStep[] }>;
}

/** Names that stand for somebody who is drawn anew for each action. */
export const PLACEHOLDERS = ['any-up', 'other-up', 'any-down', 'half', 'other-half'] as const;
type Placeholder = (typeof PLACEHOLDERS)[number];

const ATTEMPTS_MAX = 50;

/**
 * Draws steps from a seed: the same seed gives the same steps, and they are ordinary steps, so that a run that fails can be
 * written out and made smaller. Who is up is followed through `start`, `restart`, `join`, `kill` and `stop`.
 */
export function drawSteps(value: RandomSteps, seed: number, place: string): RawStep[] {
  const draw = new Draw(value, stream(seed, 'steps', place));
  const steps: RawStep[] = [];
  for (let count = 1; count <= value.times; count += 1) steps.push(...draw.action(count));
  return steps;
}

class Draw {
  readonly #value: RandomSteps;
  readonly #random: SeededRandom;
  readonly #up: Set<string>;
  readonly #down: Set<string>;
  readonly #weights: number;

  constructor(value: RandomSteps, random: SeededRandom) {
    this.#value = value;
    this.#random = random;
    this.#down = new Set(expandNames(value.down ?? []));
    this.#up = new Set(expandNames(value.nodes).filter((name) => !this.#down.has(name)));
    this.#weights = value.of.reduce((sum, { weight = 1 }) => sum + weight, 0);
  }

  /** One action, and the pause after it. An action that lacks somebody (nobody is down, say) is drawn again. */
  action(count: number): RawStep[] {
    for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt += 1) {
      const { steps } = this.#choose();
      const cast = this.#cast(JSON.stringify(steps));
      if (cast === null) continue;
      const written = steps.map((step) => filledIn(step, cast, count) as RawStep);
      for (const step of written) this.#follow(step);
      return this.#value.pause === undefined ? written : [...written, { wait: this.#pause(this.#value.pause) }];
    }
    return [];
  }

  #choose(): RandomSteps['of'][number] {
    let choice = this.#random.fraction() * this.#weights;
    for (const action of this.#value.of) {
      choice -= action.weight ?? 1;
      if (choice < 0) return action;
    }
    return this.#value.of.at(-1) as RandomSteps['of'][number];
  }

  #pause(longest: string): string {
    return `${Math.max(1, Math.round(durationMillis(longest) * this.#random.fraction()))}ms`;
  }

  /** Who plays which part; null when a part cannot be filled. */
  #cast(text: string): Map<Placeholder, readonly string[]> | null {
    const cast = new Map<Placeholder, readonly string[]>();
    const needs = (part: Placeholder) => text.includes(`"${part}"`);
    const up = this.#shuffled(this.#up);
    const [anyUp, otherUp] = up;
    const [anyDown] = this.#shuffled(this.#down);
    const all = this.#shuffled(new Set(expandNames(this.#value.nodes)));
    const size = 1 + this.#random.below(Math.max(1, all.length - 1));
    if (anyUp !== undefined) cast.set('any-up', [anyUp]);
    if (otherUp !== undefined) cast.set('other-up', [otherUp]);
    if (anyDown !== undefined) cast.set('any-down', [anyDown]);
    if (all.length > 1) cast.set('half', all.slice(0, size)).set('other-half', all.slice(size));
    return PLACEHOLDERS.every((part) => !needs(part) || cast.has(part)) ? cast : null;
  }

  #shuffled(names: ReadonlySet<string>): string[] {
    const list = [...names].sort();
    for (let at = list.length - 1; at > 0; at -= 1) {
      const other = this.#random.below(at + 1);
      [list[at], list[other]] = [list[other] as string, list[at] as string];
    }
    return list;
  }

  #follow(step: RawStep): void {
    for (const word of ['start', 'restart', 'join'] as const) for (const name of namesIn(step[word])) this.#move(name, this.#down, this.#up);
    for (const word of ['kill', 'stop'] as const) for (const name of namesIn(step[word])) this.#move(name, this.#up, this.#down);
  }

  #move(name: string, from: Set<string>, to: Set<string>): void {
    if (from.delete(name)) to.add(name);
  }
}

function namesIn(value: unknown): string[] {
  if (typeof value === 'string' || Array.isArray(value)) return expandNames(value as NameList);
  if (typeof value !== 'object' || value === null) return [];
  const { nodes, node } = value as { readonly nodes?: NameList; readonly node?: string };
  return expandNames(nodes ?? node ?? []);
}

/** Puts people for placeholders and the number of the action for `{n}`. */
function filledIn(value: unknown, cast: ReadonlyMap<Placeholder, readonly string[]>, count: number): unknown {
  if (typeof value === 'string') {
    const names = cast.get(value as Placeholder);
    if (names === undefined) return value.replaceAll('{n}', String(count));
    return names.length === 1 ? names[0] : names;
  }
  if (Array.isArray(value)) return value.flatMap((each) => filledIn(each, cast, count));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, filledIn(each, cast, count)]));
}
