import type { Link } from '../link/link.ts';
import type { Parts } from '../parts.ts';
import type { Room } from './room.ts';
import type { RoomId } from './room-commands.ts';

/** Members from whom a member of a large room has what is new at once, as long as so many are linked. */
const AWAKE_MIN = 4;

/** What one room's links have said to each other. */
interface Rests {
  /** Told by us not to pass on to us. */
  readonly told: Set<Link>;
  /** They have told us. */
  readonly asked: Set<Link>;
}

/**
 * Over which links what is new in a large room is passed on. If everybody passed on to everybody who is linked, each member would
 * have each event some thirty times. Who gets the same again and again therefore lets the later bringers rest, but for a few: so
 * all have it from several, whoever of them dies, and the few that come first stay (after Leitão, Pereira, Rodrigues, "Epidemic
 * Broadcast Trees", SRDS 2007, with more than one parent in place of announcements). Comparisons of heads find what is missed all
 * the same, and wake whoever had it.
 *
 * What members write themselves goes to everybody who is linked.
 */
export class RoomRest {
  readonly #parts: Parts;
  readonly #rests = new Map<RoomId, Rests>();

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  forget(): void {
    this.#rests.clear();
  }

  drop(id: RoomId): void {
    this.#rests.delete(id);
  }

  linkDown(link: Link): void {
    for (const { told, asked } of this.#rests.values()) {
      told.delete(link);
      asked.delete(link);
    }
  }

  /**
   * The peer may know nothing of what was said here: it has started again, or its user has logged in again. Were that kept, nobody
   * would pass on to who takes all for awake.
   */
  linkUp(link: Link): void {
    for (const [id, { asked }] of this.#rests) {
      asked.delete(link);
      this.#wake(id, link);
    }
  }

  #of(id: RoomId): Rests {
    let rests = this.#rests.get(id);
    if (rests === undefined) {
      rests = { told: new Set(), asked: new Set() };
      this.#rests.set(id, rests);
    }
    return rests;
  }

  /** Whether that peer wants what others wrote. */
  isAwake(id: RoomId, link: Link): boolean {
    return this.#rests.get(id)?.asked.has(link) !== true;
  }

  /** Nothing that came over this link just now was new. `linked`: the members with whom there is a link. */
  twice(room: Room, link: Link, linked: readonly Link[]): void {
    const told = this.#rests.get(room.id)?.told;
    if (told?.has(link) === true || this.#awake(linked, told).length <= AWAKE_MIN) return;
    if (this.#parts.links.send(link, { type: 'room-rest', room: room.id, rest: 1 })) this.#of(room.id).told.add(link);
  }

  #awake(linked: readonly Link[], told: ReadonlySet<Link> | undefined): Link[] {
    return linked.filter((link) => link.state === 'up' && told?.has(link) !== true);
  }

  /** A peer has something that nobody brought: it is to pass on again. */
  wake(room: Room, link: Link): void {
    this.#wake(room.id, link);
  }

  #wake(id: RoomId, link: Link): void {
    const told = this.#rests.get(id)?.told;
    if (told?.has(link) === true && this.#parts.links.send(link, { type: 'room-rest', room: id, rest: 0 })) told.delete(link);
  }

  /** Somebody was told not to pass on. */
  hasResting(id: RoomId): boolean {
    return (this.#rests.get(id)?.told.size ?? 0) > 0;
  }

  /** Some who passed on have gone: others take their place. */
  topUp(room: Room, linked: readonly Link[]): void {
    const told = this.#rests.get(room.id)?.told;
    if (told === undefined || told.size === 0) return;
    let lacking = AWAKE_MIN - this.#awake(linked, told).length;
    for (const link of told) {
      if (lacking <= 0) return;
      if (link.state !== 'up') continue;
      this.wake(room, link);
      lacking -= 1;
    }
  }

  /** A peer says whether it wants what others wrote. */
  heard(room: Room, link: Link, rest: boolean): void {
    if (link.userId === null || !room.isMember(link.userId)) return;
    if (rest) this.#of(room.id).asked.add(link);
    else this.#rests.get(room.id)?.asked.delete(link);
  }
}
