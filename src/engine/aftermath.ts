import { type ChildProcess, spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { isAbsolute } from 'node:path';

/** Processes that were told to end have this long before they are killed, s. */
const GRACE_SECONDS = 10;
const LOOKS_A_SECOND = 10;

/**
 * Reads orders until its stdin closes: `wake`, `end` and `gone` with a process id, `remove` with a path, `starting` and `started` around the start
 * of a child. Then it wakes who stands still,
 * asks to end who is still there, kills who does not, and removes the paths. Nothing but the commands of every POSIX system is used.
 */
const SCRIPT = `
looks=$1; shift
stopped= living= unseen=
without() { kept=; for each in $2; do [ "$each" = "$1" ] || kept="$kept $each"; done; }
while IFS= read -r line; do
  what=\${line#* }
  case $line in
    wake*) stopped="$stopped $what" ;;
    end*) living="$living $what" ;;
    starting*) unseen=yes ;;
    started*) unseen= ;;
    gone*) without "$what" "$living"; living=$kept; without "$what" "$stopped"; stopped=$kept ;;
    remove*) set -- "$@" "$what" ;;
  esac
done
for pid in $stopped $living; do kill -CONT "$pid"; done
for pid in $living; do kill -TERM "$pid"; done
tries=0
while [ $tries -lt "$looks" ]; do
  for pid in $living; do kill -0 "$pid" || { without "$pid" "$living"; living=$kept; }; done
  [ -n "$living" ] || break
  sleep 0.1 || sleep 1
  tries=$((tries + 1))
done
for pid in $living; do kill -KILL "$pid"; done
for path in "$@"; do rm -rf -- "$path" || { sleep 1; rm -rf -- "$path"; }; done
tries=0
while [ -n "$unseen" ] && [ $tries -lt "$looks" ]; do
  sleep 0.1 || sleep 1
  for path in "$@"; do [ ! -e "$path" ] || rm -rf -- "$path"; done
  tries=$((tries + 1))
done`;

/**
 * What is tidied up after this process, however it ends: a tiny shell beside it holds the list, since a process that was killed can do
 * nothing any more, a stopped child does not see its lifeline close, and one that hands over with a hundred nodes takes a minute.
 *
 * Invariants
 * 1. A child is on the list from its start until its end was seen here, so that no other process that was given its id is signalled.
 *    The same holds for those that may stand still.
 * 2. Nothing is removed but what was named by an absolute path.
 * Where there is no `/bin/sh` nothing of this is done; lifelines still end the children.
 */
export class Aftermath {
  readonly #children = new Set<number>();
  readonly #stopped = new Set<number>();
  readonly #paths = new Set<string>();
  readonly #graceSeconds: number;
  #shell: ChildProcess | null = null;

  constructor(graceSeconds = GRACE_SECONDS) {
    this.#graceSeconds = graceSeconds;
  }

  /** A process that may stand still goes on again. Said once: a slow process stands still twenty times a second. */
  wake(pid: number): void {
    if (this.#stopped.has(pid)) return;
    this.#stopped.add(pid);
    this.#order('wake', pid);
  }

  /** That process has ended: its id may be somebody else's from now on. */
  gone(pid: number): void {
    const awaited = this.#children.delete(pid);
    if (this.#stopped.delete(pid) || awaited) this.#order('gone', pid);
  }

  /** Starts a child that ends with us. Should we be killed before its id is known, it may make its folders anew until its lifeline tells it to end. */
  start(spawnChild: () => ChildProcess): ChildProcess {
    this.#order('starting', '');
    const child = spawnChild();
    this.end(child);
    this.#order('started', '');
    return child;
  }

  /** A child ends: asked first, killed ten seconds later. */
  end(child: ChildProcess): void {
    const { pid } = child;
    if (pid === undefined) return;
    this.#children.add(pid);
    this.#order('end', pid);
    child.once('exit', () => this.gone(pid));
  }

  /** A file or folder goes, with what is in it, once the children are gone. That it may be gone already does no harm. */
  remove(path: string): void {
    if (!isAbsolute(path) || path.includes('\n')) return;
    this.#paths.add(path);
    this.#order('remove', path);
  }

  /** The same at once, without asking anybody: for a program that is being left. The shell does what could not be done yet. */
  now(): void {
    for (const pid of this.#children) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // It has just ended by itself.
      }
    }
    for (const path of this.#paths) {
      try {
        rmSync(path, { recursive: true, force: true, maxRetries: 3, retryDelay: 50 });
      } catch {
        // Somebody who is dying still writes there.
      }
    }
  }

  #order(word: string, what: number | string): void {
    if (this.#shell === null) {
      // In a group of its own: Ctrl-C must not end it before us. It stands in no folder that may have to go, and needs nothing of what the environment tells.
      this.#shell = spawn('/bin/sh', ['-c', SCRIPT, 'confab aftermath', String(this.#graceSeconds * LOOKS_A_SECOND)], {
        stdio: ['pipe', 'ignore', 'ignore'],
        detached: true,
        cwd: '/',
        env: { PATH: process.env['PATH'] },
      });
      this.#shell.on('error', () => {});
      this.#shell.stdin?.on('error', () => {});
      this.#shell.unref();
    }
    this.#shell.stdin?.write(`${word} ${what}\n`);
  }
}

/** One for this process. */
export const AFTERMATH: Pick<Aftermath, 'start' | 'wake' | 'gone' | 'end' | 'remove' | 'now'> = new Aftermath();
