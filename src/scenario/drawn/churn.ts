import { type Static, Type } from '@sinclair/typebox';
import { type Distribution, drawMillis, medianMillis } from '../../core/distributions.ts';
import { type SeededRandom, stream } from '../../sim/random.ts';
import { distributionKeys, misfitOfDistribution, toDistribution } from '../distribution-part.ts';
import { durationMillis } from '../durations.ts';
import { expandNames } from '../names.ts';
import { duration, keys, nodes } from '../parts.ts';
import type { RawStep } from '../random-steps.ts';
import { drawnGroup, written } from './drawn-group.ts';

const share = Type.Number({ minimum: 0, maximum: 1, description: 'a share, 0 to 1' });
const moment = keys({ at: duration, share }, 'when, and how many of all');

const schema = keys(
  {
    nodes,
    for: Type.Unsafe<string>({ ...duration, description: 'how long; everybody is back by then' }),
    session: Type.Optional(keys(distributionKeys, 'how long somebody stays (default: weibull with scale 20s and shape 0.6)')),
    away: Type.Optional(keys(distributionKeys, 'how long somebody stays away (default: exponential with mean 5s)')),
    crashes: Type.Optional(Type.Unsafe<number>({ ...share, description: 'share of those who leave by kill -9, without a goodbye (default 0.5)' })),
    crowd: Type.Optional(
      Type.Unsafe<Static<typeof moment>>({
        ...moment,
        description: 'flash crowd: this share is away from the beginning and comes at this moment, all at once',
      }),
    ),
    departure: Type.Optional(Type.Unsafe<Static<typeof moment>>({ ...moment, description: 'mass departure: this share leaves at this moment, all at once' })),
    day: Type.Optional(
      keys(
        { length: duration, depth: Type.Optional(Type.Unsafe<number>({ ...share, description: '0: no difference; 1: nobody stays at night (default 0.7)' })) },
        'diurnal: sessions grow and shrink with the time of a day of this length',
      ),
    ),
  },
  'Let people come and go, by laws, drawn from the seed. Their nodes end (in order, or killed) and start again on their disks.',
);
type Churn = Static<typeof schema>;

const SESSION: Distribution = { law: 'weibull', scaleMillis: 20_000, shape: 0.6 };
const AWAY: Distribution = { law: 'exponential', meanMillis: 5_000 };
const CRASHES = 0.5;
const DEPTH = 0.7;
/** A day is looked at in so many parts. */
const HOURS = 240;
/** At the deepest of a night that nobody stays in, time runs at most so much faster. */
const STRETCH_MIN = 0.01;
/** Sooner than this a node is not up, or not noticed to be down. */
const STAY_MILLIS_MIN = 200;
/** More of one node is taken for a slip of the finger. */
const SESSIONS_MAX = 10_000;
/** Everybody starts to come back this long before the end. */
const RETURN_MILLIS = 1_000;

/** The life of one person: a strand of steps. */
class Life {
  readonly #node: string;
  readonly #value: Churn;
  readonly #random: SeededRandom;
  readonly #endMillis: number;
  readonly #steps: RawStep[] = [];
  #nowMillis = 0;
  /** Lots, drawn by everybody: the smallest are those who come with the crowd, or leave with the many. */
  readonly crowdLot: number;
  readonly departureLot: number;

  constructor(node: string, value: Churn, random: SeededRandom) {
    this.#node = node;
    this.#value = value;
    this.#random = random;
    this.#endMillis = Math.max(0, durationMillis(value.for) - RETURN_MILLIS);
    this.crowdLot = value.crowd === undefined ? 1 : random.fraction();
    this.departureLot = value.departure === undefined ? 1 : random.fraction();
  }

  /** `crowd` and `departure`: the greatest lots that are among them. */
  live(most: { readonly crowd: number; readonly departure: number }): RawStep[] {
    const { session, away, crowd, departure } = this.#value;
    const stays = session === undefined ? SESSION : toDistribution(session);
    const leaves = away === undefined ? AWAY : toDistribution(away);
    let backMillis: number | null = crowd !== undefined && this.crowdLot <= most.crowd ? durationMillis(crowd.at) : null;
    const goneMillis = departure !== undefined && this.departureLot <= most.departure ? durationMillis(departure.at) : null;
    for (;;) {
      const drawn = backMillis === null ? this.#nowMillis + this.#length(stays, (night) => 1 - night) : this.#nowMillis;
      const leaveMillis = goneMillis !== null && goneMillis > this.#nowMillis ? Math.min(drawn, goneMillis) : drawn;
      if (leaveMillis >= this.#endMillis) break;
      this.#waitUntil(leaveMillis);
      this.#steps.push(this.#random.fraction() < (this.#value.crashes ?? CRASHES) ? { kill: this.#node } : { stop: this.#node });
      this.#waitUntil(Math.min(this.#endMillis, backMillis ?? this.#nowMillis + this.#length(leaves, (night) => 1 + night)));
      backMillis = null;
      this.#steps.push({ restart: this.#node }, { 'log-in': this.#node, maybe: true, within: '20s' });
    }
    return this.#steps;
  }

  /** 0 at noon, when the step begins, up to `depth` in the middle of the night. */
  #nightAt(atMillis: number): number {
    const { day } = this.#value;
    if (day === undefined) return 0;
    const phase = (atMillis / durationMillis(day.length)) * 2 * Math.PI;
    return (day.depth ?? DEPTH) * ((1 - Math.cos(phase)) / 2);
  }

  /** How long a drawn time takes from now on when it is stretched by what the hour says: nightfall cuts a session short that began by day. */
  #length(of: Distribution, stretch: (night: number) => number): number {
    const { day } = this.#value;
    const drawn = drawMillis(of, () => this.#random.fraction());
    if (day === undefined) return Math.max(STAY_MILLIS_MIN, drawn);
    const stepMillis = durationMillis(day.length) / HOURS;
    let left = drawn;
    let atMillis = this.#nowMillis;
    while (atMillis < this.#endMillis) {
      const factor = Math.max(STRETCH_MIN, stretch(this.#nightAt(atMillis)));
      if (left <= stepMillis / factor) return Math.max(STAY_MILLIS_MIN, atMillis + left * factor - this.#nowMillis);
      left -= stepMillis / factor;
      atMillis += stepMillis;
    }
    return Math.max(STAY_MILLIS_MIN, this.#endMillis - this.#nowMillis);
  }

  #waitUntil(atMillis: number): void {
    if (atMillis - this.#nowMillis >= 1) this.#steps.push({ wait: written(atMillis - this.#nowMillis) });
    this.#nowMillis = Math.max(atMillis, this.#nowMillis);
  }
}

/** The greatest of the lots that this share of all has drawn, smallest first; below all of them for nobody. */
function greatestOf(lots: readonly number[], share = 0): number {
  return [...lots].sort((one, other) => one - other)[Math.round(share * lots.length) - 1] ?? -1;
}

export const CHURN = drawnGroup({
  name: 'churn',
  schema,
  misfit: (value) => {
    for (const law of [value.session, value.away]) {
      const wrong = law === undefined ? null : misfitOfDistribution(law);
      if (wrong !== null) return wrong;
    }
    const endMillis = durationMillis(value.for);
    for (const key of ['crowd', 'departure'] as const)
      if (durationMillis(value[key]?.at ?? '0s') > Math.max(0, endMillis - RETURN_MILLIS))
        return `"${key}" is to be at ${value[key]?.at}, and in the last second of ${value.for} everybody comes back`;
    const cycleMillis = [value.session ?? null, value.away ?? null].map((law, at) =>
      medianMillis(law === null ? ([SESSION, AWAY][at] as Distribution) : toDistribution(law)),
    );
    const cycles = endMillis / cycleMillis.reduce((sum, each) => sum + Math.max(STAY_MILLIS_MIN, each), 0);
    if (cycles > SESSIONS_MAX) return `each node would come and go some ${Math.round(cycles)} times; ${SESSIONS_MAX} is the most`;
    return value.day !== undefined && durationMillis(value.day.length) < 1 ? 'a day needs some length' : null;
  },
  draw: (value, seed, place) => {
    const lives = expandNames(value.nodes).map((node) => new Life(node, value, stream(seed, 'churn', place, node)));
    const most = {
      crowd: greatestOf(
        lives.map(({ crowdLot }) => crowdLot),
        value.crowd?.share,
      ),
      departure: greatestOf(
        lives.map(({ departureLot }) => departureLot),
        value.departure?.share,
      ),
    };
    const strands = lives.map((life) => life.live(most)).filter((steps) => steps.length > 0);
    return strands.length === 0 ? [] : [{ parallel: strands }];
  },
});
