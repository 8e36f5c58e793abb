import { type Static, Type } from '@sinclair/typebox';
import { didYouMean } from '../../control/nearest.ts';
import { type Distribution, drawMillis, medianMillis } from '../../core/distributions.ts';
import { stream } from '../../sim/random.ts';
import { distributionKeys, misfitOfDistribution, toDistribution } from '../distribution-part.ts';
import { durationMillis } from '../durations.ts';
import { expandNames } from '../names.ts';
import { duration, flag, keys, nodes } from '../parts.ts';
import type { RawStep } from '../random-steps.ts';
import { WORKLOADS } from '../workloads/all.ts';
import type { Workload, Workloads } from '../workloads/workload.ts';
import { drawnGroup, NO_WORKLOADS, written } from './drawn-group.ts';

const schema = keys(
  {
    kind: Type.String({
      minLength: 1,
      maxLength: 64,
      examples: [...WORKLOADS.keys()],
      description: `${[...WORKLOADS.values()].map(({ name, about }) => `${name}: ${about}`).join('; ')}; or one of the file's own (\`workloads\`)`,
    }),
    nodes,
    for: Type.Unsafe<string>({ ...duration, description: 'how long clients act' }),
    think: Type.Optional(keys(distributionKeys, 'time between two operations of a client (default: exponential with mean 1s)')),
    rate: Type.Optional(
      Type.Unsafe<number>(
        Type.Number({
          minimum: 0.001,
          maximum: 1_000,
          description: 'in place of `think`: operations of each client in a second on average, at random times, however long each of them takes',
        }),
      ),
    ),
    room: Type.Optional(
      Type.String({ minLength: 1, maxLength: 64, description: 'for rooms: one that stands already, with all clients as members (default: one of its own)' }),
    ),
    tolerant: Type.Optional(
      Type.Unsafe<boolean>({ ...flag, description: 'true: faults go on meanwhile, so refusals are no failure and the trace alone is judged (default false)' }),
    ),
  },
  'Let people use the network: operations at times drawn from the seed, and a check in the end.',
);
type WorkloadStep = Static<typeof schema>;

const THINK: Distribution = { law: 'exponential', meanMillis: 1_000 };
/** More than this of one client is taken for a slip of the finger. */
const OPERATIONS_MAX = 10_000;

/** Operations of all clients in the order of their times: which come first decides who takes what is there once only. */
function draw(value: WorkloadStep, seed: number, place: string, own: Workloads = NO_WORKLOADS): RawStep[] {
  const clients = expandNames(value.nodes);
  const think = thinkOf(value);
  const endMillis = durationMillis(value.for);
  const tolerant = value.tolerant ?? false;
  const times = clients.flatMap((client) => {
    const random = stream(seed, 'workload', place, client);
    const moments: Array<{ client: string; atMillis: number }> = [];
    for (let atMillis = drawMillis(think, () => random.fraction()); atMillis < endMillis && moments.length < OPERATIONS_MAX; ) {
      moments.push({ client, atMillis });
      atMillis += Math.max(
        1,
        drawMillis(think, () => random.fraction()),
      );
    }
    return moments;
  });
  times.sort((one, other) => one.atMillis - other.atMillis);
  const random = stream(seed, 'workload', place);
  const run = (workloadOf(value.kind, own) as Workload).begin(place, clients, value.room);
  const strands = new Map<string, { nowMillis: number; steps: RawStep[] }>(clients.map((client) => [client, { nowMillis: 0, steps: [] }]));
  for (const [index, { client, atMillis }] of times.entries()) {
    const strand = strands.get(client) as { nowMillis: number; steps: RawStep[] };
    const wait = written(atMillis - strand.nowMillis);
    strand.steps.push(
      { wait: value.rate === undefined ? wait : { for: wait, pace: `${place} ${client}` } },
      ...run.operation({ random, client, clients, count: index + 1, tolerant }),
    );
    strand.nowMillis = atMillis;
  }
  const busy = [...strands.values()].map(({ steps }) => steps).filter((steps) => steps.length > 0);
  return [...(run.prepare?.() ?? []), ...(busy.length === 0 ? [] : [{ parallel: busy }]), ...run.checks(tolerant)];
}

/** Operations at a rate are a Poisson process: the times between them are exponential. */
function thinkOf({ think, rate }: WorkloadStep): Distribution {
  if (rate !== undefined) return { law: 'exponential', meanMillis: 1_000 / rate };
  return think === undefined ? THINK : toDistribution(think);
}

function workloadOf(kind: string, own: Workloads): Workload | undefined {
  return own.get(kind) ?? WORKLOADS.get(kind);
}

export const WORKLOAD = drawnGroup({
  name: 'workload',
  schema,
  misfit: (value, own) => {
    const workload = workloadOf(value.kind, own);
    const known = [...own.keys(), ...WORKLOADS.keys()];
    if (workload === undefined) return `there is no workload ${value.kind}; there are ${known.join(', ')}.${didYouMean(value.kind, known)}`;
    if (expandNames(value.nodes).length < 2) return 'a workload needs two nodes at least';
    if (value.room !== undefined && workload.takesRoom !== true) return `the workload ${value.kind} takes no room`;
    const standsAlready = value.room !== undefined;
    if (value.tolerant === true && workload.strictOnly !== null && !standsAlready)
      return `the workload ${value.kind} cannot be tolerant: ${workload.strictOnly}`;
    const wrong = value.think === undefined ? null : misfitOfDistribution(value.think);
    if (wrong !== null) return wrong;
    if (value.rate !== undefined && value.think !== undefined) return '"rate" and "think" are two ways to say when clients act; choose one';
    const operations = durationMillis(value.for) / Math.max(1, medianMillis(thinkOf(value)));
    return operations > OPERATIONS_MAX ? `each client would act some ${Math.round(operations)} times; ${OPERATIONS_MAX} is the most` : null;
  },
  draw,
});
