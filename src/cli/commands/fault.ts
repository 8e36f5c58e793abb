import type { Command } from 'commander';
import { CONDUCT_WORDS } from '../../lab/conduct-words.ts';
import type { CliContext } from '../context.ts';

/** Registers `confab fault`: breaks a running network, and heals it. */
export function register(program: Command, context: CliContext): void {
  program
    .command('fault')
    .description('break the lines and machines of a running network on purpose, and heal them')
    .argument('[words...]', 'what to do; without words: what is broken now')
    .option('--empty-disk', 'with restart: throw its folder away first')
    .addHelpText(
      'after',
      `
  list                               what is broken now
  help                               how all of this is written
  cut GROUP GROUP [one-way]          nothing passes between two groups
  delay TIME [jitter TIME]           everything takes longer
  latency LAW PARAMETER VALUE ...    drawn for each frame: constant value TIME, uniform min TIME max TIME, exponential mean TIME,
                                     lognormal median TIME sigma NUMBER, weibull scale TIME shape NUMBER, pareto min TIME alpha NUMBER
  latency matrix FILE [values one-way] [jitter SHARE] [place PLACE NODE[,NODE ...]] ...
                                     as measured between places; others are put somewhere by their names
  loss SHARE, duplicate SHARE, reorder SHARE by TIME, bandwidth BYTES-PER-SECOND
  heal NAME ... | heal NODE ... | heal everything
  pause NODE ..., resume NODE ..., kill NODE ...
  slow FACTOR NODE ... for TIME      as long as this runs; "heal NODE" elsewhere ends it, too
  restart NODE ... [--empty-disk]    kill -9 and a new process, on its disk or an empty one; also after kill
  lie NODE[,NODE ...] CONDUCT        the same, and the new process does not play by the rules
  disk full|free NODE ...
  clock ahead|behind TIME NODE ..., clock gains|loses TIME NODE ... (each second), clock right NODE ...

How a node can lie: ${Object.keys(CONDUCT_WORDS)
        .filter((name) => name !== 'honest')
        .join(', ')}.

Rules on lines take "between GROUP and GROUP" (default: everyone), "one-way" and "as NAME". A group is everyone, a name, or names
with commas. Rules live in the nodes: one that is started later learns them with the next order.

Examples:
  $ confab fault cut alice bob,carol as island
  $ confab fault loss 0.2 between alice and everyone
  $ confab fault pause bob
  $ confab fault restart bob                on the disk that it had
  $ confab fault restart bob --empty-disk
  $ confab fault lie bob stale-records      until: confab fault heal bob
  $ confab fault heal everything
  $ confab --root my-run fault list      while confab run --keep my-run goes on`,
    )
    .action(async (words: readonly string[], { emptyDisk }: { readonly emptyDisk?: boolean }) => {
      const { EMPTY_DISK, readFaultOrder } = await import('../fault-words.ts');
      const { applyFault, readFaults } = await import('../fault.ts');
      const { sayFaults } = await import('../fault-says.ts');
      const order = readFaultOrder(emptyDisk === true ? [...words, EMPTY_DISK] : words);
      if (order.type === 'help') {
        const { faultHelp } = await import('../../control/fault-grammar.ts');
        for (const line of faultHelp()) context.print(line);
        return;
      }
      if (order.type === 'list') {
        const all = await readFaults(context.root);
        if (context.json) context.printJson(all);
        else for (const line of sayFaults(all)) context.print(line);
        return;
      }
      const said = await applyFault(context.root, order);
      if (context.json) context.printJson({ done: said });
      else context.print(said);
    });
}
