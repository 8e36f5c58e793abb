import { type TSchema, Type } from '@sinclair/typebox';
import { ERRORS } from '../core/errors.ts';
import { CORE_OPTIONS } from '../core/options.ts';
import { PACES } from '../engine/crowd-pace.ts';
import { CHECKS } from './checks/all.ts';
import { DRAWN_GROUPS } from './drawn/all.ts';
import { closed, duration, keys, nodes, oneOf } from './parts.ts';
import { EXPECTATIONS, STEP_WORDS, VERBS } from './vocabulary.ts';

/** The one schema of scenario files: the loader judges by it, and editors complete from the JSON Schema made of it. */

const stepReference = Type.Unsafe<unknown>({ $ref: '#/$defs/step' });
const steps = Type.Array(stepReference, { minItems: 1, description: 'steps, played one after the other' });

const expect = Type.Object(Object.fromEntries([...EXPECTATIONS].map(([name, each]) => [name, Type.Optional(each.schema)])), {
  ...closed,
  minProperties: 1,
  description: 'What must be so, within the deadline of the step; several things must be so at the same time.',
});

const parallel = Type.Array(Type.Union([stepReference, steps]), {
  minItems: 1,
  description: 'Steps (or lists of steps) that are played side by side; it goes on when all are done.',
});

const repeat = keys(
  { times: Type.Integer({ minimum: 1, maximum: 10_000, description: 'how often' }), steps },
  'Play steps several times; {round} in their texts stands for the number of the round.',
);

const random = keys(
  {
    nodes: Type.Union([...nodes.anyOf], { description: 'who may be drawn' }),
    down: Type.Optional(Type.Union([...nodes.anyOf], { description: 'those of them that are not up at this moment (default: nobody)' })),
    times: Type.Integer({ minimum: 1, maximum: 100_000, description: 'how many actions' }),
    pause: Type.Optional(Type.Unsafe<string>({ ...duration, description: 'after each action up to this long' })),
    of: Type.Array(
      keys(
        {
          weight: Type.Optional(Type.Number({ minimum: 0, description: 'how often, relative to the others (default 1)' })),
          steps: Type.Array(stepReference, { minItems: 1, description: 'steps; any-up, other-up, any-down, half and other-half stand for whoever is drawn' }),
        },
        'An action that may be drawn.',
      ),
      { minItems: 1, description: 'actions' },
    ),
  },
  'Play actions that are drawn from the seed: the same seed, the same steps.',
);

export const STEP_SCHEMA = Type.Object(
  {
    ...Object.fromEntries([...VERBS].map(([name, each]) => [name, Type.Optional(each.schema)])),
    expect: Type.Optional(expect),
    parallel: Type.Optional(parallel),
    repeat: Type.Optional(repeat),
    random: Type.Optional(random),
    ...Object.fromEntries([...DRAWN_GROUPS].map(([name, each]) => [name, Type.Optional(each.schema)])),
    within: Type.Optional(Type.Unsafe<string>({ ...duration, description: 'Deadline of this step (default: `within` of the file, else 5s).' })),
    for: Type.Optional(Type.Unsafe<string>({ ...duration, description: 'How long an expectation must go on to hold once it does.' })),
    maybe: Type.Optional(Type.Boolean({ description: 'true: a refusal is as good as success (default false)' })),
    fails: Type.Optional(oneOf(Object.keys(ERRORS), 'The step must be refused with this error code.')),
  },
  { ...closed, description: 'One step: one of the verbs, `expect`, `parallel`, `repeat` or `random`, and maybe `within`, `for`, `fails`, `maybe`.' },
);

const network = keys(
  {
    latency: Type.Optional(
      Type.Union([duration, keys({ min: duration, max: duration }, 'between min and max, drawn evenly')], {
        description: 'How long a frame travels one way (default 1ms to 5ms).',
      }),
    ),
    loss: Type.Optional(Type.Number({ minimum: 0, maximum: 1, description: 'Probability that a frame is lost (default 0).' })),
    beacon: Type.Optional(Type.Boolean({ description: 'true: nodes find each other by beacons, on both engines (default false).' })),
  },
  'The network: latency and loss of the simulator (real processes take the loopback as it is), and whether nodes find each other by themselves.',
);

/** Core options that a scenario may change: plain numbers only. */
const options = Type.Object(
  Object.fromEntries(
    Object.entries(CORE_OPTIONS).flatMap(([name, value]) =>
      typeof value === 'number' ? [[name, Type.Optional(Type.Number({ minimum: 0, description: `a number (default ${value})` }))]] : [],
    ),
  ),
  { ...closed, description: 'Options of the nodes that this scenario changes; milliseconds where the name says so.' },
);

const pace = oneOf(
  Object.keys(PACES),
  `How briskly nodes look after the network, and how soon its rest is judged: ${Object.entries(PACES)
    .map(([name, { about }]) => `\`${name}\`: ${about}`)
    .join('; ')} (default full). \`options\` go before it.`,
);

const checkName = oneOf(
  CHECKS.map(({ name }) => name),
  CHECKS.map(({ name, about }) => `${name}: ${about}`).join(' '),
);
const checks = Type.Union([Type.Array(checkName), keys({ except: Type.Array(checkName) }, 'all but these')], {
  description: 'Properties of the whole run that its trace is judged by: a list of names, or `except` with those that do not apply (default: all).',
});

export const SCENARIO_SCHEMA = Type.Object(
  {
    name: Type.String({ pattern: '^[a-z0-9][a-z0-9-]{0,63}$', description: 'a name of a-z, 0-9 and dashes' }),
    about: Type.Optional(Type.String({ maxLength: 2_000, description: 'What this shows, for whoever watches.' })),
    seed: Type.Optional(Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER, description: 'Seed of the simulator (default 1; --seed replaces it).' })),
    program: Type.Optional(
      Type.String({ minLength: 1, maxLength: 500, description: 'What the nodes run in place of the chat node: a module, named relative to this file.' }),
    ),
    workloads: Type.Optional(
      Type.Array(Type.String({ minLength: 1, maxLength: 500 }), {
        minItems: 1,
        maxItems: 100,
        description: 'Workloads of your own: modules that export one each as `workload`, named relative to this file.',
      }),
    ),
    network: Type.Optional(network),
    pace: Type.Optional(pace),
    options: Type.Optional(options),
    within: Type.Optional(Type.Unsafe<string>({ ...duration, description: 'Deadline of steps that name none (default 5s).' })),
    deadline: Type.Optional(
      Type.Unsafe<string>({ ...duration, description: 'Deadline of the whole run (default 5m); a run that stands still is ended and reported as crashed.' }),
    ),
    checks: Type.Optional(checks),
    steps,
  },
  { ...closed, description: 'A Confab scenario.' },
);

export type ScenarioFile = typeof SCENARIO_SCHEMA.static;

/** What `$ref` in the schema points to. */
export const DEFINITIONS: Readonly<Record<string, TSchema>> = { '#/$defs/step': STEP_SCHEMA };

/** The JSON Schema (2020-12) that is shipped as schemas/scenario.schema.json. */
export function scenarioJsonSchema(): Record<string, unknown> {
  const step = { ...plain(STEP_SCHEMA), oneOf: STEP_WORDS.map((word) => ({ required: [word] })) };
  return { $schema: 'https://json-schema.org/draft/2020-12/schema', title: 'Confab scenario', ...plain(SCENARIO_SCHEMA), $defs: { step } };
}

/** Without TypeBox's own symbols. */
function plain(schema: TSchema): Record<string, unknown> {
  return JSON.parse(JSON.stringify(schema)) as Record<string, unknown>;
}
