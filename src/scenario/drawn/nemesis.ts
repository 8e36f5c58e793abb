import { type Static, Type } from '@sinclair/typebox';
import { stream } from '../../sim/random.ts';
import { durationMillis } from '../durations.ts';
import { expandNames } from '../names.ts';
import { duration, keys, nodes } from '../parts.ts';
import type { RawStep } from '../random-steps.ts';
import { drawnGroup, written } from './drawn-group.ts';
import { type DrawnFault, NEMESIS_FAULTS } from './nemesis-faults.ts';

const weight = Type.Number({ minimum: 0, maximum: 1_000, description: 'how often this kind is drawn, compared with the others' });

const schema = keys(
  {
    nodes,
    for: Type.Unsafe<string>({ ...duration, description: 'how long; everything is healed by then' }),
    every: Type.Optional(Type.Unsafe<string>({ ...duration, description: 'mean time between two faults (default 3s); they come at random times' })),
    lasts: Type.Optional(keys({ min: duration, max: duration }, 'how long a fault lasts, drawn evenly (default 1s to 8s)')),
    'at-once': Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000, description: 'faults at the same time at most (default 3)' })),
    down: Type.Optional(
      Type.Integer({ minimum: 0, maximum: 10_000, description: 'nodes that can do nothing at the same time at most (default a third of them)' }),
    ),
    faults: Type.Optional(
      Type.Object(Object.fromEntries(Object.keys(NEMESIS_FAULTS).map((name) => [name, Type.Optional(weight)])), {
        additionalProperties: false,
        minProperties: 1,
        description: 'which kinds, and how often each (default: all, equally often, without the seed server)',
      }),
    ),
  },
  'Break things at random within bounds, drawn from the seed, and heal everything: the same seed, the same faults at the same times.',
);
type Nemesis = Static<typeof schema>;

const EVERY_MILLIS = 3_000;
const LASTS_MILLIS = { min: 1_000, max: 8_000 };
const AT_ONCE = 3;
/** Faults that are drawn on average at most. */
const STRIKES_MAX = 10_000;

interface Happening {
  readonly atMillis: number;
  readonly steps: readonly RawStep[];
}

interface Lasting extends DrawnFault {
  readonly untilMillis: number;
}

/** Faults begin as a Poisson process; one that would go beyond the bounds of the moment does not happen. */
class Fury {
  readonly #value: Nemesis;
  readonly #place: string;
  readonly #random: ReturnType<typeof stream>;
  readonly #nodes: readonly string[];
  readonly #weights: ReadonlyArray<readonly [name: string, weight: number]>;
  readonly #happenings: Happening[] = [];
  #lasting: Lasting[] = [];
  #count = 0;

  constructor(value: Nemesis, seed: number, place: string) {
    this.#value = value;
    this.#place = place;
    this.#random = stream(seed, 'nemesis', place);
    this.#nodes = expandNames(value.nodes);
    const all = Object.keys(NEMESIS_FAULTS);
    this.#weights = value.faults === undefined ? all.filter((name) => name !== SEED_SERVER_KIND).map((name) => [name, 1]) : weightsOf(value.faults);
  }

  rage(): Happening[] {
    const endMillis = durationMillis(this.#value.for);
    const every = this.#value.every === undefined ? EVERY_MILLIS : durationMillis(this.#value.every);
    for (let atMillis = 0; ; ) {
      atMillis += -every * Math.log(Math.max(this.#random.fraction(), 2 ** -53));
      if (atMillis >= endMillis) break;
      this.#strike(atMillis, endMillis);
    }
    return this.#happenings.sort((one, other) => one.atMillis - other.atMillis);
  }

  #strike(atMillis: number, endMillis: number): void {
    this.#lasting = this.#lasting.filter((each) => each.untilMillis > atMillis);
    if (this.#lasting.length >= (this.#value['at-once'] ?? AT_ONCE)) return;
    const busy = new Set(this.#lasting.flatMap(({ victims }) => victims));
    this.#count += 1;
    const kind = this.#drawKind();
    const hand = {
      random: this.#random,
      name: `nemesis-${this.#place}-${this.#count}`,
      nodes: this.#nodes,
      free: this.#nodes.filter((node) => !busy.has(node)),
    };
    const fault = NEMESIS_FAULTS[kind]?.(hand) ?? null;
    if (fault === null || fault.victims.some((victim) => busy.has(victim)) || this.#tooManyDown(fault)) return;
    const { min, max } = this.#lasts();
    const untilMillis = Math.min(endMillis, atMillis + min + (max - min) * this.#random.fraction());
    this.#lasting.push({ ...fault, untilMillis });
    this.#happenings.push({ atMillis, steps: fault.begin }, { atMillis: untilMillis, steps: fault.heal });
  }

  #tooManyDown(fault: DrawnFault): boolean {
    const most = this.#value.down ?? Math.max(1, Math.floor(this.#nodes.length / 3));
    const down = this.#lasting.filter(({ takesDown }) => takesDown).length;
    return fault.takesDown && down + 1 > most;
  }

  #lasts(): { readonly min: number; readonly max: number } {
    const { lasts } = this.#value;
    return lasts === undefined ? LASTS_MILLIS : { min: durationMillis(lasts.min), max: durationMillis(lasts.max) };
  }

  #drawKind(): string {
    let choice = this.#random.fraction() * this.#weights.reduce((sum, [, each]) => sum + each, 0);
    for (const [name, each] of this.#weights) {
      choice -= each;
      if (choice < 0) return name;
    }
    return this.#weights.at(-1)?.[0] ?? '';
  }
}

const SEED_SERVER_KIND = 'seed-server';

function weightsOf(faults: NonNullable<Nemesis['faults']>): Array<readonly [string, number]> {
  return Object.entries(faults as Record<string, number>).filter(([, each]) => each > 0);
}

/** The happenings one after the other, with the time between them as waits. */
function inOrder(happenings: readonly Happening[], endMillis: number): RawStep[] {
  const steps: RawStep[] = [];
  let nowMillis = 0;
  const waitUntil = (atMillis: number) => {
    if (atMillis - nowMillis >= 1) steps.push({ wait: written(atMillis - nowMillis) });
    nowMillis = atMillis;
  };
  for (const { atMillis, steps: each } of happenings) {
    waitUntil(atMillis);
    steps.push(...each);
  }
  waitUntil(endMillis);
  return steps;
}

export const NEMESIS = drawnGroup({
  name: 'nemesis',
  schema,
  misfit: (value) => {
    const every = value.every === undefined ? EVERY_MILLIS : durationMillis(value.every);
    if (!(durationMillis(value.for) / every <= STRIKES_MAX))
      return `so many faults are no random ones; ${STRIKES_MAX} in "for" is the most, so let "every" be longer`;
    if (value.lasts !== undefined && durationMillis(value.lasts.min) > durationMillis(value.lasts.max))
      return 'the time that a fault lasts ends before it begins';
    if (value.faults !== undefined && weightsOf(value.faults).length === 0) return 'no kind of fault is left to draw';
    return null;
  },
  draw: (value, seed, place) => inOrder(new Fury(value, seed, place).rage(), durationMillis(value.for)),
});
