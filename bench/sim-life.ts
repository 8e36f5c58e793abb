import { stringify } from 'yaml';
import { makeSim } from '../src/cli/make-sim.ts';
import { PACES, type PaceName } from '../src/engine/crowd-pace.ts';
import { loadScenario } from '../src/scenario/load.ts';
import { SILENT } from '../src/scenario/narration.ts';
import { type RunListener, runScenario } from '../src/scenario/runner.ts';
import type { Benchmark, BenchOptions, Figure } from './benchmark.ts';
import { measureInLargeHeap } from './large-heap.ts';

/** People of one neighbourhood: two circles of friends, and a room in which all of them meet. */
const NEIGHBOURS = 10;
const FRIENDS = 5;
/** Neighbourhoods arrive one after the other at this pace, ms. */
const ARRIVAL_MILLIS = 300;
/** After the life it is quiet for so long at the full pace, so that most properties are due; at a slower one, so many times longer. */
const QUIET_SECONDS = 60;
const SEED = 1;
/** A run may take so much longer than the life that it plays, in real time: a slow machine measures, too. */
const DEADLINE_FACTOR = 6;
const MINUTES = 10;

/**
 * The life of a town as a scenario: neighbourhoods arrive, make friends, found a room, and talk until it is time to be quiet.
 * Everybody writes to a friend every half minute and speaks in the room every minute, both at exponential distances.
 */
export function lifeScenario(users: number, minutes: number, pace: PaceName = 'full'): string {
  const neighbourhoods = Math.ceil(users / NEIGHBOURS);
  const quietSeconds = QUIET_SECONDS * PACES[pace].slowness;
  const talkSeconds = minutes * 60 - Math.ceil((neighbourhoods * ARRIVAL_MILLIS) / 1_000);
  if (talkSeconds < 10) throw new Error(`${minutes} minutes are too short for ${users} users to come and to talk`);
  const strands = Array.from({ length: neighbourhoods }, (_, index) => neighbourhood(index, Math.min(users, (index + 1) * NEIGHBOURS), talkSeconds));
  return stringify({
    name: `life-${users}`,
    about: `The life of ${users} users with friends and rooms for ${minutes} minutes.`,
    deadline: `${Math.ceil(minutes + quietSeconds / 60) * DEADLINE_FACTOR}m`,
    within: '60s',
    pace,
    steps: [{ 'seed-server': 'start' }, { parallel: strands }, { wait: `${quietSeconds}s` }],
  });
}

function neighbourhood(index: number, last: number, talkSeconds: number): object[] {
  const names = Array.from({ length: last - index * NEIGHBOURS }, (_, each) => `user${index * NEIGHBOURS + each + 1}`);
  const [host = '', ...guests] = names;
  const room = `room-${index + 1}`;
  const circles = [names.slice(0, FRIENDS), names.slice(FRIENDS)].filter((circle) => circle.length > 1);
  const talk = (nodes: readonly string[], think: string, step: object) => ({
    random: { nodes, times: Math.round((talkSeconds * nodes.length) / Number.parseInt(think, 10)), pause: pauseOf(nodes, think), of: [{ steps: [step] }] },
  });
  return [
    { wait: `${index * ARRIVAL_MILLIS}ms` },
    { start: names },
    { register: names },
    ...circles.map((circle) => ({ befriend: circle })),
    { 'create-room': { by: host, room } },
    { 'join-room': { who: guests, room, through: host } },
    { expect: { members: { at: names, room, are: names } } },
    {
      parallel: [
        ...circles.map((circle) => talk(circle, '30s', { send: { from: 'any-up', to: 'other-up', text: 'number {n} of this circle' } })),
        talk(names, '60s', { say: { by: 'any-up', room, text: 'number {n} for the neighbours' } }),
      ],
    },
    { expect: { 'same-room': { at: names, room } } },
  ];
}

/** Pauses are drawn evenly from zero to this, so that each of the nodes acts once in `think` on average. */
function pauseOf(nodes: readonly string[], think: string): string {
  return `${Math.round((2_000 * Number.parseInt(think, 10)) / nodes.length)}ms`;
}

/** Lets the town live in the simulator, and judges it. */
async function measure(users: number, pace: PaceName, { quick, say }: BenchOptions): Promise<readonly Figure[]> {
  const scenario = loadScenario(lifeScenario(users, quick ? MINUTES / 4 : MINUTES, pace), `sim-life-${users}.yaml`, SEED);
  const engine = makeSim(scenario, { seed: SEED, crypto: 'stand-in', traced: 'states', module: null });
  const quietStep = String(scenario.steps.length);
  const startedMillis = performance.now();
  const startedMicros = process.cpuUsage();
  const life = { virtualSeconds: 0, wallSeconds: 0, processorSeconds: 0, events: 0 };
  const listener: RunListener = {
    ...SILENT,
    stepStarted: ({ number, startMillis }) => {
      if (number !== quietStep) return;
      const { user, system } = process.cpuUsage(startedMicros);
      const { messageCount, timerCount } = engine.world;
      life.virtualSeconds = startMillis / 1_000;
      life.wallSeconds = (performance.now() - startedMillis) / 1_000;
      life.processorSeconds = (user + system) / 1e6;
      life.events = messageCount + timerCount;
    },
  };
  const report = await runScenario(scenario, engine, { seed: SEED, wallMillis: () => performance.now(), listener, ownChecks: [] });
  const wallSeconds = (performance.now() - startedMillis) / 1_000;
  if (report.verdict !== 'pass') throw new Error(`${report.verdict}: ${report.reason}`);
  const { messageCount, timerCount } = engine.world;
  say(`${messageCount} frames and datagrams, ${timerCount} timers, ${Math.round(report.virtualMillis / 1_000)} s of virtual time with the quiet after it`);
  const what = `${users} users with friends and rooms${pace === 'crowd' ? ', upkeep at a tenth of the pace' : ''}, ${(life.virtualSeconds / 60).toFixed(0)} virtual minutes`;
  return [
    { row: `${what}: wall time`, value: life.wallSeconds, unit: 's' },
    { row: `${what}: processor time`, value: life.processorSeconds, unit: 's' },
    { row: `${what}: times faster than life`, value: life.virtualSeconds / life.wallSeconds, unit: 'times', aim: 'over 20 times' },
    { row: `${what}: events`, value: life.events / life.wallSeconds, unit: 'events/s' },
    { row: `${what}: wall time with the quiet after it, judged`, value: wallSeconds, unit: 's' },
    { row: `${what}: resident memory of the process at the end`, value: process.memoryUsage().rss / 1e6, unit: 'MB' },
  ];
}

export function measureLife(users: number, options: BenchOptions): Promise<readonly Figure[]> {
  return measure(users, 'full', options);
}

/** The same where upkeep is as rare as packed real nodes of that number have it. */
export function measureCrowdLife(users: number, options: BenchOptions): Promise<readonly Figure[]> {
  return measure(users, 'crowd', options);
}

/** In a process of its own: what a thousand users know and what is said of them takes more memory than Node.js allows by itself. */
function life(users: number, what: 'life' | 'crowd-life', about: string): Benchmark {
  const name = `sim-${what}-${users}`;
  return {
    name,
    about: `${users} users with friends and rooms live for ${MINUTES} minutes in the simulator${about}, and every property that is due is judged (stand-in crypto)`,
    command: `npm run bench -- ${name}`,
    runsMax: 1,
    measure: (options) => measureInLargeHeap(what, users, options),
  };
}

export const LIVES: readonly Benchmark[] = [life(1_000, 'life', ''), life(1_000, 'crowd-life', " at the crowd's pace")];
