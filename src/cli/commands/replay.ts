import { statSync } from 'node:fs';
import type { Command } from 'commander';
import { ConfabError } from '../../core/errors.ts';
import { type CliContext, wholeNumber } from '../context.ts';

interface ReplayCommandOptions {
  readonly at?: string;
  readonly byNode?: boolean;
}

/** Registers `confab replay`: a recorded run, step by step, or where two of them part. */
export function register(program: Command, context: CliContext): void {
  program
    .command('replay')
    .description('step through a recorded run, or say where two of them part')
    .argument('<trace>', 'a trace, NDJSON (confab run --trace), or a folder of recordings (confab run --record)')
    .argument('[other]', 'another one: the first event in which they differ is shown')
    .option('--at <n>', 'the network after event number n, as lines')
    .option('--by-node', 'compare node by node and by kinds only, as runs of real processes want')
    .addHelpText(
      'after',
      `
Examples:
  $ confab run tour --engine sim --trace tour.ndjson && confab replay tour.ndjson
  $ confab replay tour.ndjson --at 120
  $ confab replay monday.ndjson tuesday.ndjson
  $ confab replay monday.ndjson tuesday.ndjson --by-node
  $ confab run fifty-users --record inputs && confab replay inputs      the same nodes, fed the same, in the simulator

Keys: n or space forward, p back, N and P by ten, ] and [ by a thousand, g and G to the ends, f to the next event of this node, q ends.
Exit status: 0 equal or shown, 1 the traces part, or cannot be read to their ends.`,
    )
    .action(async (trace: string, other: string | undefined, options: ReplayCommandOptions) => {
      if (other === undefined && statSync(trace, { throwIfNoEntry: false })?.isDirectory() === true) {
        const { replayFolder } = await import('../replay/replay-inputs.ts');
        context.exitStatus = await replayFolder(context, trace);
        return;
      }
      const recording = [trace, other].find((name) => name?.endsWith('.inputs') === true);
      if (recording !== undefined)
        throw new ConfabError('bad-arguments', {
          command: 'replay',
          reason: `${recording} is the recording of one start of a node; give the folder that it lies in`,
        });
      const { compareTraces, replay } = await import('../replay/replay.ts');
      if (other !== undefined) context.exitStatus = await compareTraces(context, trace, other, options.byNode === true);
      else {
        const at = options.at === undefined ? null : wholeNumber('replay', '--at', options.at, { min: 1, max: Number.MAX_SAFE_INTEGER });
        await replay(context, trace, { at });
      }
    });
}
