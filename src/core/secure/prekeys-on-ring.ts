import type { Parts } from '../parts.ts';
import { keyOfPrekeys, PREKEYS_KIND, prekeysValue } from '../replication/kinds/prekeys-kind.ts';
import { recordOfValue } from '../replication/kinds/signed-value.ts';
import type { UserId } from '../types.ts';

const TIMER_KEY = 'ring';

/** Leaves the own prekeys on the ring, and finds there those of people who are away and whom nobody here has met. */
export class PrekeysOnRing {
  readonly #parts: Parts;
  readonly #seeking = new Set<UserId>();
  /** Sequence of the record that the ring has taken. */
  #placed = 0;
  #placing = false;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** The own prekeys are new, or it is time to say them again. */
  publishSoon(): void {
    const { env, options } = this.#parts;
    env.setTimer('prekeys', TIMER_KEY, options.prekeysRingMillis * (0.5 + 0.5 * env.random.fraction()));
  }

  close(): void {
    this.#parts.env.cancelTimer('prekeys', TIMER_KEY);
    this.#placed = 0;
  }

  /** Timer: puts the record on the ring; again later where nobody took it. Copies are kept up by whoever holds them. */
  place(): void {
    const { session, view, replication } = this.#parts;
    const record = session.userId === null ? undefined : view.prekeysOf(session.userId);
    if (record === undefined || record.sequence === this.#placed || this.#placing) return;
    this.#placing = true;
    replication.put(prekeysValue(record), (told) => {
      this.#placing = false;
      if (told.state === 'held' || told.state === 'complete') this.#placed = Math.max(this.#placed, record.sequence);
      else if (this.#parts.session.userId === record.authorId) this.publishSoon();
    });
  }

  /** Somebody is to be written to whose keys are not known here. What is found goes into the view, which tells the chat. */
  seek(userId: UserId): void {
    const { env, options, replication, view } = this.#parts;
    if (this.#seeking.has(userId) || this.#seeking.size >= options.prekeysSeekMax) return;
    this.#seeking.add(userId);
    replication.get({ key: keyOfPrekeys(env.crypto, userId), kind: PREKEYS_KIND, early: false }, ({ values }) => {
      this.#seeking.delete(userId);
      const [first] = values;
      const record = first === undefined ? null : recordOfValue(env, first.value.bytes, 'prekeys');
      if (record !== null && typeof record !== 'string' && record.authorId === userId) view.put(record.signed);
    });
  }
}
