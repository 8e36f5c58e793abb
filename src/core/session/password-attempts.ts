import type { CoreOptions } from '../options.ts';
import type { MonotonicMillis } from '../types.ts';
import type { Reply } from './one-at-a-time.ts';

const PAUSE_MILLIS_MAX = 300_000;

/** Slows down whoever tries passwords at this node: after some wrong ones in a row each further one doubles the pause. */
export class PasswordAttempts {
  readonly #options: Pick<CoreOptions, 'loginAttemptsMax' | 'loginPauseMillis'>;
  #wrongCount = 0;
  #pausedUntilMillis: MonotonicMillis = 0;

  constructor(options: Pick<CoreOptions, 'loginAttemptsMax' | 'loginPauseMillis'>) {
    this.#options = options;
  }

  /** Seconds to wait, rounded up; 0 when one may try. */
  pauseSeconds(nowMillis: MonotonicMillis): number {
    return Math.ceil(Math.max(0, this.#pausedUntilMillis - nowMillis) / 1000);
  }

  wrong(nowMillis: MonotonicMillis): void {
    const { loginAttemptsMax, loginPauseMillis } = this.#options;
    this.#wrongCount += 1;
    if (this.#wrongCount < loginAttemptsMax) return;
    this.#pausedUntilMillis = nowMillis + Math.min(loginPauseMillis * 2 ** (this.#wrongCount - loginAttemptsMax), PAUSE_MILLIS_MAX);
  }

  right(): void {
    this.#wrongCount = 0;
    this.#pausedUntilMillis = 0;
  }
}

/** True when a password is too short or too long for an account, and `reply` was told so. */
export function refusesNewPassword(options: Pick<CoreOptions, 'passwordCharactersMin' | 'passwordCharactersMax'>, password: string, reply: Reply): boolean {
  const { passwordCharactersMin: min, passwordCharactersMax: max } = options;
  const length = Array.from(password).length;
  if (length >= min && length <= max) return false;
  reply({ ok: false, code: 'bad-password', details: { min, max } });
  return true;
}
