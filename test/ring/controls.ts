import type { RingAnswer, RingQuestion } from '../../src/core/ring/ring-port.ts';

/** Rules made wrong on purpose: the checks must notice each. They change what a node hears, so that the product has no switch for them. */

const statesHeard = new WeakMap<object, number>();
const POOR_STATES = 3;

/** The 2001 papers' join: one successor at first, the rest in later rounds. */
export function onlyOneSuccessor(chord: object, answer: RingAnswer): RingAnswer {
  if (answer.answer !== 'state') return answer;
  const heard = statesHeard.get(chord) ?? 0;
  statesHeard.set(chord, heard + 1);
  return heard < POOR_STATES ? { ...answer, successors: answer.successors.slice(0, 1) } : answer;
}

/** Rectify that takes the present predecessor for alive without asking. */
export function predecessorNeverDead(question: RingQuestion): RingAnswer | null {
  return question.ask === 'ping' ? { answer: 'alive', predecessor: null } : null;
}
