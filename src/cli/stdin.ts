import type { ReadStream } from 'node:tty';
import { ConfabError } from '../core/errors.ts';

const PASSWORD_LENGTH_MAX = 4_096;

/** The first line of stdin without its end; what follows stays in the stream. Rejects with `bad-arguments` when there is none. */
export function readPasswordLine(command: string): Promise<string> {
  const stdin = process.stdin;
  stdin.setEncoding('utf8');
  return new Promise((resolve, reject) => {
    let held = '';
    const done = () => {
      stdin.removeListener('data', onData);
      stdin.removeListener('end', onEnd);
      stdin.pause();
    };
    const onData = (chunk: string) => {
      held += chunk;
      const end = held.indexOf('\n');
      if (end < 0 && held.length <= PASSWORD_LENGTH_MAX) return;
      done();
      if (end < 0) return reject(new ConfabError('bad-arguments', { command, reason: 'the first line of stdin is too long for a password' }));
      if (end + 1 < held.length) stdin.unshift(held.slice(end + 1));
      resolve(held.slice(0, end).replace(/\r$/, ''));
    };
    const onEnd = () => {
      done();
      if (held === '') reject(new ConfabError('bad-arguments', { command, reason: 'no password came on stdin' }));
      else resolve(held.replace(/\r$/, ''));
    };
    stdin.on('data', onData);
    stdin.on('end', onEnd);
    stdin.resume();
  });
}

/** Asks at the terminal without showing what is typed. Rejects when the person gives up with Ctrl-C or Ctrl-D. */
export function askPassword(prompt: string): Promise<string> {
  const stdin = process.stdin as ReadStream;
  process.stderr.write(prompt);
  stdin.setRawMode(true);
  stdin.setEncoding('utf8');
  return new Promise((resolve, reject) => {
    let typed = '';
    const finish = (error: ConfabError | null) => {
      stdin.removeListener('data', onData);
      stdin.setRawMode(false);
      stdin.pause();
      process.stderr.write('\n');
      if (error === null) resolve(typed);
      else reject(error);
    };
    const onData = (chunk: string) => {
      for (const character of chunk) {
        if (character === '\r' || character === '\n') return finish(null);
        if (character === '\u0003' || character === '\u0004')
          return finish(new ConfabError('bad-arguments', { command: 'confab', reason: 'no password was given' }));
        if (character === '\u007f' || character === '\b') typed = Array.from(typed).slice(0, -1).join('');
        else if (character >= ' ' && typed.length < PASSWORD_LENGTH_MAX) typed += character;
      }
    };
    stdin.on('data', onData);
    stdin.resume();
  });
}

/** From stdin when asked for, else by a hidden prompt where there is a terminal; never by argv or environment. */
export async function obtainPassword(options: { readonly command: string; readonly fromStdin: boolean; readonly prompt: string }): Promise<string> {
  if (options.fromStdin) return await readPasswordLine(options.command);
  if (process.stdin.isTTY === true) return await askPassword(options.prompt);
  throw new ConfabError('bad-arguments', {
    command: options.command,
    reason: 'a password is needed: add --password-stdin and give it as the first line of stdin',
  });
}
