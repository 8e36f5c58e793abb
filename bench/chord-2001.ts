import { fileURLToPath } from 'node:url';
import { type Benchmark, commandOf, type Figure } from './benchmark.ts';
import { type Explored, explored } from './explored.ts';

const NAME = 'chord-2001';
const SCENARIO = fileURLToPath(new URL('../../examples/chord-2001/scenario.yaml', import.meta.url));
const JOBS = 2;
/** Far more than it has ever needed. */
const SEEDS = 2_000;
/** The property that the published rules break; anything else that goes wrong is a mistake of ours. */
const PROPERTY = 'ring-stays-whole';

/** The ring as first published loses members under joins and crashes; how long exploration takes to see it, and how little of a run is left. */
export const chord2001: Benchmark = {
  name: NAME,
  about: 'Chord as first published (examples/chord-2001) is explored with two threads until it breaks, and the failure is made small',
  command: commandOf(NAME),
  async measure(): Promise<readonly Figure[]> {
    const words = [SCENARIO, '--seeds', String(SEEDS), '--jobs', String(JOBS), '--failures', '1'];
    const found = await explored([...words, '--no-shrink']);
    requireBroken(found);
    const again = await explored(words);
    requireBroken(again);
    const { smallest, processMillis } = again;
    if (smallest === null) throw new Error('no smaller failure was found');
    const what = `explore Chord as first published, ${JOBS} threads`;
    return [
      { row: `${what}, until it is found broken`, value: found.processMillis / 1_000, unit: 's', aim: 'under 60 s' },
      { row: `${what}, until the failure has been made small as well`, value: processMillis / 1_000, unit: 's' },
      { row: `${what}, steps that are left of it`, value: smallest.steps, unit: 'steps', aim: 'at most 25' },
    ];
  },
};

/** Throws unless every failure is the ring's. */
export function requireBroken({ seeds, failures, firstFailures }: Pick<Explored, 'seeds' | 'failures' | 'firstFailures'>): void {
  if (failures === 0) throw new Error(`none of ${seeds} seeds broke it`);
  const other = firstFailures.find(({ broken }) => !broken.includes(PROPERTY));
  if (other !== undefined) throw new Error(`a seed failed otherwise (${other.verdict}): ${other.reason ?? 'no reason given'}`);
}
