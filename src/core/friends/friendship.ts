import type { Relation } from '../types.ts';

/**
 * What one side says of the other: the highest generations in which it agreed and refused. Both only grow, so two versions
 * of one side's word merge by taking the greater of each (a join semilattice), in any order and any number of times.
 * A yes counts while it is greater than every no of either side. Hence nobody can befriend alone, a removal by either side
 * ends the friendship at both, and both sides come to the same relation once they hold the same two words.
 */
export interface Word {
  readonly yes: number;
  readonly no: number;
}

export const SILENCE: Word = { yes: 0, no: 0 };

export function mergeWords(a: Word, b: Word): Word {
  return { yes: Math.max(a.yes, b.yes), no: Math.max(a.no, b.no) };
}

export function sameWord(a: Word, b: Word): boolean {
  return a.yes === b.yes && a.no === b.no;
}

function counts(word: Word, other: Word): boolean {
  return word.yes > Math.max(word.no, other.no);
}

export function relationOf(mine: Word, theirs: Word): Exclude<Relation, 'blocked'> {
  const weAgree = counts(mine, theirs);
  const theyAgree = counts(theirs, mine);
  if (weAgree && theyAgree) return 'friend';
  if (weAgree) return 'outgoing';
  return theyAgree ? 'incoming' : 'none';
}

/** Our word after we asked or accepted: above every no. */
export function agree(mine: Word, theirs: Word): Word {
  return { yes: Math.max(mine.yes, mine.no + 1, theirs.no + 1), no: mine.no };
}

/** Our word after we declined, removed or blocked: no yes said so far counts any more. */
export function refuse(mine: Word, theirs: Word): Word {
  return { yes: mine.yes, no: Math.max(mine.no, mine.yes, theirs.yes) };
}
