import { readFileSync } from 'node:fs';
import { machineFaultShapes, RULES_MAX, ruleShape } from '../control/rule-shapes.ts';
import { ConfabError } from '../core/errors.ts';
import { list, misfit, record } from '../core/shape.ts';
import type { SufferedFaults } from '../node/service.ts';

const SHAPE = record({ rules: list(ruleShape, RULES_MAX), ...machineFaultShapes });

/** Faults that a node suffers from its first moment on, from a file that the engine wrote. Throws `bad-arguments`. */
export function readGivenFaults(file: string): SufferedFaults {
  const refuse = (reason: string) => new ConfabError('bad-arguments', { command: 'node', reason: `--faults ${file}: ${reason}` });
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw refuse(error instanceof SyntaxError ? 'this is not JSON' : ((error as NodeJS.ErrnoException).code ?? 'it cannot be read'));
  }
  const wrong = misfit(SHAPE, value);
  if (wrong !== null) throw refuse(wrong);
  return value as SufferedFaults;
}
