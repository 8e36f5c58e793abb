import type { Tally } from '../../examples/bare-chord/bare-chord.ts';
import type { BaseEnv } from '../../src/core/env.ts';
import { compareIds } from '../../src/core/ring/circle.ts';
import { World, type WorldOptions } from '../../src/sim/world.ts';
import { OpenQuestions } from './open-questions.ts';
import { contactOf, counted, type RingMessage, RingProgram, type RingRun } from './ring-program.ts';
import { MESSAGE_MILLIS, startMillis, type WorkloadCounts, type WorkloadSettings } from './workload.ts';

/** The growth and the timers of W1, played by the ring that people's nodes form: what a tolerant ring costs beside a bare one. */
export function playRing(settings: WorkloadSettings, options: Partial<WorldOptions> = {}): WorkloadCounts {
  const { nodes, seed, durationMillis } = settings;
  const world = new World({ seed, latency: { minMillis: MESSAGE_MILLIS, maxMillis: MESSAGE_MILLIS }, ...options });
  const tally: Tally = { lookups: 0, hops: 0 };
  const contacts = Array.from({ length: nodes }, (_, index) => contactOf(index, seed));
  const run: RingRun = { contacts, questions: new OpenQuestions(), found: counted(tally) };
  const programs: RingProgram[] = [];
  for (let index = 0; index < nodes; index += 1) {
    const node = world.addProgram(`n${index}`, (env: BaseEnv<RingMessage>) => {
      const program = new RingProgram(env, index, run);
      programs[index] = program;
      return program;
    });
    world.start(node.index, startMillis(index, settings));
  }
  world.runUntil(durationMillis);
  const order = contacts.map((_, index) => index).sort((a, b) => compareIds(contacts[a]?.id ?? '', contacts[b]?.id ?? ''));
  const right = order.filter((index, at) => programs[index]?.chord.successors[0]?.id === contacts[order[(at + 1) % nodes] as number]?.id);
  return { messages: world.messageCount, timers: world.timerCount, lookups: tally.lookups, hops: tally.hops, rightSuccessors: right.length };
}
