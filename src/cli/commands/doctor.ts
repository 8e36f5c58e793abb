import type { Command } from 'commander';
import type { CliContext } from '../context.ts';

/** Registers `confab doctor`: is this machine fit for a network? */
export function register(program: Command, context: CliContext): void {
  program
    .command('doctor')
    .description('check Node.js, native parts, ports, limits, folders and the terminal')
    .addHelpText(
      'after',
      `
Examples:
  $ confab doctor
  $ confab doctor --json

Exit status: 0 when nothing failed (warnings are allowed), 1 when something must be mended first.`,
    )
    .action(async () => {
      const { examine } = await import('../doctor.ts');
      const findings = await examine(context.root);
      if (findings.some((finding) => finding.verdict === 'fail')) context.exitStatus = 1;
      if (context.json) return context.printJson({ ok: context.exitStatus === 0, findings });
      for (const { verdict, what, seen, advice } of findings) {
        context.print(`${paint(context, verdict)}  ${what}: ${seen}`);
        if (advice !== null && verdict !== 'ok') context.print(`      ${advice}`);
      }
    });
}

const COLOURS = { ok: 32, warn: 33, fail: 31 } as const;

function paint(context: CliContext, verdict: 'ok' | 'warn' | 'fail'): string {
  const padded = verdict.padEnd(4);
  return context.colour ? `\u001b[${COLOURS[verdict]}m${padded}\u001b[0m` : padded;
}
