import type { Command } from 'commander';
import type { CliContext } from '../context.ts';

/** Registers `confab fault`: breaks a running network, and heals it. */
export function register(program: Command, context: CliContext): void {
  program
    .command('fault')
    .description('break the lines and machines of a running network on purpose, and heal them')
    .argument('[words...]', 'what to do; without words: what is broken now')
    .addHelpText(
      'after',
      `
  list                               what is broken now
  cut GROUP GROUP [one-way]          nothing passes between two groups
  delay TIME [jitter TIME]           everything takes longer
  latency lognormal median 60ms sigma 0.5 | latency matrix FILE
  loss SHARE, duplicate SHARE, reorder SHARE by TIME, bandwidth BYTES-PER-SECOND
  heal NAME | heal everything
  pause NODE ..., resume NODE ..., kill NODE ..., slow FACTOR NODE ... for TIME
  disk full|free NODE ..., clock ahead|behind TIME NODE ..., clock right NODE ...

Rules on lines take "between GROUP and GROUP" (default: everyone), "one-way" and "as NAME". A group is everyone, a name, or names
with commas. Rules live in the nodes: one that is started later learns them with the next order.

Examples:
  $ confab fault cut alice bob,carol as island
  $ confab fault loss 0.2 between alice and everyone
  $ confab fault pause bob
  $ confab fault heal everything
  $ confab --root my-run fault list      while confab run --keep my-run goes on`,
    )
    .action(async (words: readonly string[]) => {
      const { readFaultOrder } = await import('../fault-words.ts');
      const { applyFault, readFaults, sayFaults } = await import('../fault.ts');
      const order = readFaultOrder(words);
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
