import { ConfabError, ERRORS } from '../core/errors.ts';
import { systemReason } from '../core/system-reasons.ts';

export interface Failure {
  readonly code: string;
  readonly message: string;
  readonly advice: string;
  readonly exitStatus: number;
  readonly stack: string | null;
}

/** Whatever was thrown, as words and an exit status: 1 failed, 2 bad usage, 3 crashed. */
export function describeFailure(thrown: unknown): Failure {
  const error = withWholeCommand(thrown);
  if (error instanceof ConfabError) {
    return { code: error.code, message: error.message, advice: error.advice, exitStatus: ERRORS[error.code].exitStatus, stack: error.stack ?? null };
  }
  const system = error as NodeJS.ErrnoException;
  const reason = systemReason(error);
  if (reason !== null) {
    const wrapped = new ConfabError('folder-unwritable', { folder: system.path ?? 'A file', reason });
    return { ...describeFailure(wrapped), stack: system.stack ?? null };
  }
  const wrapped = new ConfabError('internal', { reason: error instanceof Error ? error.message : String(error) });
  return { ...describeFailure(wrapped), stack: error instanceof Error ? (error.stack ?? null) : null };
}

/** Advice names what is to be typed: `confab node --help`, not `node --help`. */
function withWholeCommand(error: unknown): unknown {
  if (!(error instanceof ConfabError) || error.code !== 'bad-arguments') return error;
  const command = String(error.details['command']);
  return command.startsWith('confab') ? error : new ConfabError('bad-arguments', { ...error.details, command: `confab ${command}` });
}

/** The one place where errors are printed: a sentence and advice on stderr; the stack only with --verbose. Gives the exit status. */
export function printFailure(error: unknown, how: { readonly json: boolean; readonly verbose: boolean }): number {
  const failure = describeFailure(error);
  if (how.json) {
    const { code, message, advice, exitStatus } = failure;
    process.stderr.write(`${JSON.stringify({ error: { code, message, advice, exitStatus } })}\n`);
  } else {
    const sentence = failure.message.startsWith('confab') ? failure.message : `confab: ${failure.message}`;
    process.stderr.write(`${sentence}\n${failure.advice === '' ? '' : `        ${failure.advice}\n`}`);
  }
  if (how.verbose && failure.stack !== null) process.stderr.write(`${failure.stack}\n`);
  return failure.exitStatus;
}
