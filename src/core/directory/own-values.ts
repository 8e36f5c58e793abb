import type { Parts } from '../parts.ts';
import type { VerifiedRecord } from '../records.ts';
import { presenceValue } from '../replication/kinds/presence-kind.ts';
import { userValue } from '../replication/kinds/user-kind.ts';
import type { Stored } from '../replication/replication-port.ts';
import type { WriteProgress } from '../replication/writes.ts';
import { buryRecovery, lockForRecovery } from '../session/recovery-vault.ts';

const SOON_MILLIS = 500;
const AGAIN_MILLIS = 5_000;
/** Record and vault are looked after with every fifth round of presence, or when five would be over where presence changes more often than that. */
const LOOK_ROUNDS = 4.5;
/** The shortest and the longest of what is drawn for a wait, as shares of it. */
const DRAWN_MIN = 0.75;
const DRAWN_MAX = 1.25;
/** A change of neighbours may mean that two networks have met. Not looked into more often than this. */
const MEETING_MILLIS = 20_000;
/** A ring that is so many times as large is another one. Its size is guessed, and the guess may be wrong by half. */
const GROWTH = 3;

/**
 * Keeps on the ring what this node's user has there: the public record, presence, and the vault that recovery words open.
 * Holders repair copies among themselves; this looks now and then whether all of them were lost, and whose the name is.
 */
export class OwnValues {
  readonly #parts: Parts;
  #dueMillis = Number.POSITIVE_INFINITY;
  /** From when on the next round looks after record and vault, too. */
  #lookMillis = 0;
  #checkedMillis = Number.NEGATIVE_INFINITY;
  #buried: (() => void) | null = null;
  /** What presence on the ring says. */
  #said = '';
  /** When record and vault were looked after last, with all that is ours. */
  #wholeMillis = Number.NEGATIVE_INFINITY;
  #roundedMillis = Number.NEGATIVE_INFINITY;
  /** Whether a majority of the holders has what is said of presence, or is on the way to have it; and the vault of this session. */
  #presenceHeld = false;
  #vaultHeld = false;
  /** About how many members the ring had when all of it was put there; null before this node is one of them. */
  #ringSize: number | null = null;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  sessionOpened(): void {
    this.#vaultHeld = false;
    // With a login all is looked after, as in every so many rounds.
    this.#wholeMillis = this.#parts.env.monotonicMillis;
    this.#lookSoon(SOON_MILLIS);
  }

  /**
   * Two halves of a network may have met, and with them two who have the same name. What else is ours there is in the care of its
   * holders, who are others than our neighbours. Only where the ring is several times as large as when it was put there, as where many
   * small ones became one, are its holders by now far from where it belongs: then it is put again, a few times in the life of any ring.
   */
  ringChanged(): void {
    const { session, ring, env } = this.#parts;
    if (session.open === null) return;
    const { monotonicMillis } = env;
    const size = ring.chord.joined ? ring.chord.sizeGuess : 0;
    // What was put at the login is on the ring that this node was about to join, unless it was alone there, which the write tells.
    if (size > 1) this.#ringSize ??= size;
    if (this.#ringSize !== null && size >= this.#ringSize * GROWTH) {
      this.#ringSize = size;
      this.#presenceHeld = false;
      this.#vaultHeld = false;
    }
    this.#lookSoon(Math.max(AGAIN_MILLIS, this.#checkedMillis + MEETING_MILLIS - monotonicMillis));
  }

  #lookSoon(delayMillis: number): void {
    this.#lookMillis = Math.min(this.#lookMillis, this.#parts.env.monotonicMillis);
    this.#setTimer(delayMillis);
  }

  /** The earlier of two times holds. */
  #setTimer(delayMillis: number): void {
    const { env } = this.#parts;
    const drawn = delayMillis * (DRAWN_MIN + (DRAWN_MAX - DRAWN_MIN) * env.random.fraction());
    if (env.monotonicMillis + drawn >= this.#dueMillis) return;
    this.#dueMillis = env.monotonicMillis + drawn;
    env.setTimer('own-values', '', drawn);
  }

  /** Timer: says presence again, and looks now and then after the rest. `bury`: the time for tombstones is up. */
  timer(key: string): void {
    if (key === 'bury') return this.#hasBuried();
    const { env, options, session, view } = this.#parts;
    this.#dueMillis = Number.POSITIVE_INFINITY;
    if (session.open === null) return;
    const round = env.monotonicMillis - this.#roundedMillis >= options.ownValuesMillis * DRAWN_MIN;
    if (round) this.#roundedMillis = env.monotonicMillis;
    // Rounds keep their pace whatever is looked after between them: presence on the ring would end before it is said again.
    this.#setTimer(this.#roundedMillis + options.ownValuesMillis - env.monotonicMillis);
    const presence = view.presenceOf(session.open.userId);
    if (presence !== undefined && (round || !this.#presenceHeld)) this.#putPresence(presence);
    const whole = env.monotonicMillis - this.#wholeMillis >= options.ownValuesMillis * LOOK_ROUNDS;
    if (!whole && env.monotonicMillis < this.#lookMillis) return;
    if (whole) this.#wholeMillis = env.monotonicMillis;
    this.#lookMillis = Number.POSITIVE_INFINITY;
    this.#look(whole);
  }

  /** Is the record there, and is the name still ours? The vault is put where nobody is known to have it, and now and then. */
  #look(whole: boolean): void {
    const { env, session, directory, settings, sync } = this.#parts;
    this.#checkedMillis = env.monotonicMillis;
    directory.findName(settings.user, ({ user, heard }) => {
      const own = session.userRecord();
      if (own === null) return;
      if (!heard) return this.#lookSoon(AGAIN_MILLIS);
      // The view judges who came first, and the session is told.
      if (user !== null && user.authorId !== own.authorId) sync.take(user.signed, null);
      if (session.open === null) return;
      const known = user?.authorId === own.authorId ? user.sequence : 0;
      if (known < own.sequence) this.userChanged(own);
      if (whole || known === 0 || !this.#vaultHeld) this.#putVault();
    });
  }

  /** The public record has changed, or the ring lacks it. Whether somebody was first is seen by the look that follows each login. */
  userChanged(record: VerifiedRecord<'user'>): void {
    this.#parts.replication.put(userValue(record), ({ state }) => {
      if (state !== 'refused') return;
      this.#parts.directory.findName(record.body.name, ({ user }) => {
        // Somebody was first, and may be known to the holders only.
        if (user !== null && user.authorId !== record.authorId) this.#parts.sync.take(user.signed, null);
      });
    });
  }

  /** Presence was signed afresh; where it says the same as before, the ring hears of it with the next round. */
  presenceChanged(record: VerifiedRecord<'presence'>): void {
    const { presence, statusText, epoch, node } = record.body;
    const said = JSON.stringify([presence, statusText, epoch, node]);
    if (said === this.#said) return;
    this.#said = said;
    this.#putPresence(record);
  }

  #putPresence(record: VerifiedRecord<'presence'>): void {
    const { env, replication, session } = this.#parts;
    const said = this.#said;
    this.#presenceHeld = true;
    // The next round is due when what is put now grows old.
    this.#roundedMillis = env.monotonicMillis;
    replication.put(presenceValue(record), (progress) => {
      // Who is alone on the ring when it logs in has it at no other place yet.
      const isHereOnly = progress.state === 'complete' && progress.holders.every(({ id }) => id === session.nodeId);
      if (said === this.#said && (isInVain(progress.state) || isHereOnly)) this.#presenceHeld = false;
    });
  }

  #putVault(): void {
    const { env, session, settings, replication } = this.#parts;
    if (session.open === null) return;
    const value = lockForRecovery(env, { name: settings.user, secrets: session.open.secrets });
    if (value === null) return;
    this.#vaultHeld = true;
    replication.put(value, ({ state }) => {
      if (isInVain(state)) this.#vaultHeld = false;
    });
  }

  /** What deletes all that lies on the ring; only an open session can sign it. */
  tombstones(tombstone: VerifiedRecord<'user'>): Stored[] {
    const { env, session } = this.#parts;
    const recovery = session.open?.secrets.recovery;
    return recovery === undefined ? [userValue(tombstone)] : [userValue(tombstone), buryRecovery(env, recovery)];
  }

  /** Puts tombstones in the place of all that lies on the ring. Calls back once, when a majority of their holders has them or the time is up. */
  bury(tombstone: VerifiedRecord<'user'>, buried: () => void): void {
    const { env, options, replication } = this.#parts;
    const values = this.tombstones(tombstone);
    let open = values.length;
    this.#buried = buried;
    env.setTimer('own-values', 'bury', options.replicaLeaveMillis);
    for (const value of values) {
      let told = false;
      replication.put(value, () => {
        if (told) return;
        told = true;
        open -= 1;
        if (open === 0) this.#hasBuried();
      });
    }
  }

  #hasBuried(): void {
    const buried = this.#buried;
    this.#buried = null;
    buried?.();
  }
}

/** A write that was tried for long, or refused. */
function isInVain(state: WriteProgress['state']): boolean {
  return state === 'gave-up' || state === 'refused';
}
