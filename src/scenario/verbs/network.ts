import { Type } from '@sinclair/typebox';
import { DELAY_MILLIS_MAX, EVERY_FAULT, JITTER_SHARE_DEFAULT, JITTER_SHARE_MAX, LINE_BYTES_MAX, QUEUE_BYTES_DEFAULT } from '../../core/fault-limits.ts';
import { distributionKeys, misfitOfDistribution, sayDistribution, toDistribution, type WrittenDistribution } from '../distribution-part.ts';
import { durationMillis, sayLongest } from '../durations.ts';
import { type MatrixPart, matrixPart } from '../matrix-part.ts';
import { expandNames } from '../names.ts';
import { duration, flag, keys, nodes, oneOf } from '../parts.ts';
import { type AnyVerb, StepFailure, verb } from '../verb.ts';
import { counted, listed } from '../words.ts';

const ruleName = Type.String({ minLength: 1, maxLength: 64, description: 'a name, so that `heal` can take away this one alone' });
const everyone = Type.Literal('everyone', { description: 'everyone: all nodes, also those that start later' });
const group = Type.Union([everyone, ...nodes.anyOf], { description: 'names of nodes, or everyone' });
type Group = typeof group.static;

interface Ends {
  readonly between?: Group | undefined;
  readonly and?: Group | undefined;
  readonly 'one-way'?: boolean | undefined;
  readonly name?: string | undefined;
}

function members(value: Group = 'everyone'): string[] {
  return value === 'everyone' ? ['*'] : expandNames(value);
}

function mentioned(value: Ends): string[] {
  return [value.between, value.and].flatMap((each) => (each === undefined || each === 'everyone' ? [] : expandNames(each)));
}

function said(value: Group = 'everyone'): string {
  return value === 'everyone' ? 'everyone' : listed(expandNames(value));
}

/** `between alice and bob`, `from alice to bob`. */
function line(value: Ends): string {
  return value['one-way'] === true ? `from ${said(value.between)} to ${said(value.and)}` : `between ${said(value.between)} and ${said(value.and)}`;
}

const cutKeys = { between: group, and: group, 'one-way': Type.Optional(flag), name: Type.Optional(ruleName) };
/** Of what is done to lines, everyone is meant where nobody is named. */
const lineKeys = { between: Type.Optional(group), and: Type.Optional(group), 'one-way': Type.Optional(flag), name: Type.Optional(ruleName) };

/** The ends of a rule; `id` is the name that the step gives, else a fresh one. */
function endsOf(value: Ends, id: string): { id: string; from: string[]; to: string[]; oneWay: boolean } {
  return { id, from: members(value.between), to: members(value.and), oneWay: value['one-way'] ?? false };
}

/** Why a rule cannot be put in force, or null: `times` are what delays everything. */
function misfitOfRule(value: Ends, times: ReadonlyArray<string | undefined> = []): string | null {
  if (value.name === EVERY_FAULT) return `"heal: ${EVERY_FAULT}" takes all rules away, so none can be called ${EVERY_FAULT}`;
  const endless = times.find((each) => each !== undefined && durationMillis(each) > DELAY_MILLIS_MAX);
  return endless === undefined ? null : `${endless} is more than ${sayLongest(DELAY_MILLIS_MAX)}, the longest delay; to let nothing pass, use "cut"`;
}

const cut = verb({
  name: 'cut',
  schema: keys(cutKeys, 'Cut the lines between two groups; nothing passes. `one-way: true` cuts only from `between` to `and`.'),
  mentions: mentioned,
  needs: () => ['cut'],
  misfit: (value) => misfitOfRule(value),
  words: (value) => `the line ${line(value)} is cut`,
  run: async (value, scene) => {
    await scene.faults.addRule({ ...endsOf(value, value.name ?? scene.faults.nextRuleId('cut')), kind: 'cut' });
    return undefined;
  },
});

const delay = verb({
  name: 'delay',
  schema: keys({ ...lineKeys, by: duration, jitter: Type.Optional(duration) }, 'Make everything between two groups take longer: `by`, plus up to `jitter`.'),
  mentions: mentioned,
  needs: () => ['delay'],
  misfit: (value) => misfitOfRule(value, [value.by, value.jitter]),
  words: (value) => `everything ${line(value)} takes ${value.by}${value.jitter === undefined ? '' : ` plus up to ${value.jitter}`} longer`,
  run: async (value, scene) => {
    const times = { delayMillis: durationMillis(value.by), jitterMillis: value.jitter === undefined ? 0 : durationMillis(value.jitter) };
    await scene.faults.addRule({ ...endsOf(value, value.name ?? scene.faults.nextRuleId('delay')), kind: 'delay', ...times });
    return undefined;
  },
});

const share = Type.Number({ minimum: 0, maximum: 1, description: 'a share of all, 0 to 1' });
const place = keys({ place: Type.String({ minLength: 1, maxLength: 64, description: 'a place of the matrix' }), nodes }, 'which nodes are where');
const latencyKeys = keys(
  {
    ...lineKeys,
    ...distributionKeys,
    law: Type.Optional(distributionKeys.law),
    matrix: Type.Optional(
      Type.String({ minLength: 1, maxLength: 1_024, description: 'a CSV file of times between places, or the name of one that comes with Confab' }),
    ),
    values: Type.Optional(oneOf(['round-trip', 'one-way'], 'what the matrix holds: round trips (default) or times for one way')),
    places: Type.Optional(Type.Array(place, { minItems: 1, description: 'who is where; others are put somewhere by their names' })),
    jitter: Type.Optional(
      Type.Number({ minimum: 0, maximum: JITTER_SHARE_MAX, description: 'with a matrix: up to this share of the time is added (default 0.1)' }),
    ),
  },
  'Make everything between two groups take longer, by a law or by a matrix of measured times. One way, and on top of what lines take anyhow.',
);
type LatencyKeys = typeof latencyKeys.static;

function lawOf(value: LatencyKeys): WrittenDistribution | null {
  const { law } = value;
  return law === undefined ? null : { ...value, law };
}

/** The kind of rule that the keys ask for, without its ends; a string says what is wrong. */
function latencyOf(value: LatencyKeys): { kind: 'latency'; distribution: ReturnType<typeof toDistribution> } | MatrixPart | string {
  const law = lawOf(value);
  if (value.matrix === undefined) {
    if (law === null) return 'say how long with "law" or "matrix"';
    const wrong = misfitOfDistribution(law);
    if (wrong !== null) return wrong;
    const matrixKey = (['values', 'places', 'jitter'] as const).find((key) => value[key] !== undefined);
    return matrixKey === undefined ? { kind: 'latency', distribution: toDistribution(law) } : `"${matrixKey}" goes with "matrix" only`;
  }
  if (law !== null) return '"law" and "matrix" are two ways to say it; choose one';
  const places = (value.places ?? []).map(({ place: name, nodes: there }) => ({ place: name, nodes: expandNames(there) }));
  return matrixPart(value.matrix, { places, oneWayTimes: value.values === 'one-way', jitterShare: value.jitter ?? JITTER_SHARE_DEFAULT });
}

const latency = verb({
  name: 'latency',
  schema: latencyKeys,
  mentions: (value) => [...mentioned(value), ...(value.places ?? []).flatMap((each) => expandNames(each.nodes))],
  needs: (value) => [value.matrix === undefined ? 'latency' : 'matrix'],
  misfit: (value) => {
    const wrong = latencyOf(value);
    return typeof wrong === 'string' ? wrong : misfitOfRule(value);
  },
  words: (value) => {
    const law = lawOf(value);
    const times = law === null ? `longer as the matrix ${value.matrix} says` : `longer, ${sayDistribution(law)}`;
    return `everything ${line(value)} takes ${times}`;
  },
  run: async (value, scene) => {
    const what = latencyOf(value);
    if (typeof what === 'string') throw new StepFailure(what);
    await scene.faults.addRule({ ...endsOf(value, value.name ?? scene.faults.nextRuleId('latency')), ...what });
    return undefined;
  },
});

const loss = verb({
  name: 'loss',
  schema: keys({ ...lineKeys, probability: share }, 'Lose each frame and packet between two groups with a probability.'),
  mentions: mentioned,
  needs: () => ['loss'],
  misfit: (value) => misfitOfRule(value),
  words: (value) => `${percent(value.probability)} of everything ${line(value)} is lost`,
  run: async (value, scene) => {
    await scene.faults.addRule({ ...endsOf(value, value.name ?? scene.faults.nextRuleId('loss')), kind: 'loss', probability: value.probability });
    return undefined;
  },
});

const duplicate = verb({
  name: 'duplicate',
  schema: keys({ ...lineKeys, probability: share }, 'Let each frame and packet between two groups arrive twice with a probability.'),
  mentions: mentioned,
  needs: () => ['duplicate'],
  misfit: (value) => misfitOfRule(value),
  words: (value) => `${percent(value.probability)} of everything ${line(value)} arrives twice`,
  run: async (value, scene) => {
    await scene.faults.addRule({ ...endsOf(value, value.name ?? scene.faults.nextRuleId('duplicate')), kind: 'duplicate', probability: value.probability });
    return undefined;
  },
});

const reorder = verb({
  name: 'reorder',
  schema: keys(
    { ...lineKeys, probability: share, by: duration },
    'Hold back each frame between two groups with a probability, for up to `by`, while others overtake it.',
  ),
  mentions: mentioned,
  needs: () => ['reorder'],
  misfit: (value) => misfitOfRule(value, [value.by]),
  words: (value) => `${percent(value.probability)} of everything ${line(value)} is overtaken, by up to ${value.by}`,
  run: async (value, scene) => {
    const what = { kind: 'reorder', probability: value.probability, byMillis: durationMillis(value.by) } as const;
    await scene.faults.addRule({ ...endsOf(value, value.name ?? scene.faults.nextRuleId('reorder')), ...what });
    return undefined;
  },
});

const bandwidth = verb({
  name: 'bandwidth',
  schema: keys(
    {
      ...lineKeys,
      'bytes-per-second': Type.Integer({ minimum: 1, maximum: LINE_BYTES_MAX, description: 'speed of a line, each direction of each pair for itself' }),
      'queue-bytes': Type.Optional(
        Type.Integer({ minimum: 0, maximum: LINE_BYTES_MAX, description: 'what waits before a line at most (default 65536); more is lost' }),
      ),
    },
    'Give the lines between two groups a limited speed.',
  ),
  mentions: mentioned,
  needs: () => ['bandwidth'],
  misfit: (value) => misfitOfRule(value),
  words: (value) => `every line ${line(value)} carries ${counted(value['bytes-per-second'], 'byte')} a second`,
  run: async (value, scene) => {
    const what = { kind: 'bandwidth', bytesPerSecond: value['bytes-per-second'], queueBytesMax: value['queue-bytes'] ?? QUEUE_BYTES_DEFAULT } as const;
    await scene.faults.addRule({ ...endsOf(value, value.name ?? scene.faults.nextRuleId('bandwidth')), ...what });
    return undefined;
  },
});

function percent(probability: number): string {
  return `${Math.round(probability * 1_000) / 10} %`;
}

const healNodes = keys({ nodes }, 'take away what is wrong with these nodes: pauses, slowness, full disks, wrong clocks');
type HealNodes = typeof healNodes.static;

const heal = verb({
  name: 'heal',
  schema: Type.Union([Type.Literal('everything', { description: 'everything: no rule is left, and nothing is wrong with any node' }), ruleName, healNodes], {
    description: 'Take faults away: `everything`, the rule of that name, or what is wrong with some `nodes`.',
  }),
  mentions: (value) => (typeof value === 'string' ? [] : expandNames((value as HealNodes).nodes)),
  words: (value) => {
    if (typeof value === 'object') return `nothing is wrong with ${listed(expandNames(value.nodes))} any more`;
    return value === 'everything' ? 'all is healed' : `the rule "${value}" is taken away`;
  },
  run: async (value, scene) => {
    if (typeof value === 'object') return counted(await scene.faults.healNodes(expandNames(value.nodes)), 'fault');
    if (value === 'everything') return counted((await scene.faults.removeRules(null)) + (await scene.faults.healNodes(null)), 'fault');
    const removed = await scene.faults.removeRules(value);
    if (removed === 0) throw new StepFailure(`there is no rule named "${value}"`);
    return counted(removed, 'rule');
  },
});

export const NETWORK_VERBS: readonly AnyVerb[] = [cut, delay, latency, loss, duplicate, reorder, bandwidth, heal];
