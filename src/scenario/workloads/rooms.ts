import type { RawStep } from '../random-steps.ts';
import type { Deal, Workload } from './workload.ts';

/** Of a hundred operations so many answer what somebody else has said, and so many react to it; the others just say something. */
const ANSWERS = 20;
const REACTIONS = 15;
const REACTION = '👍';
/** How long an answer waits until its writer has what it answers. */
const HEARD = '30s';
/** Under faults a node may be unable to answer; its user does something else then. */
const PATIENCE = '3s';

/**
 * One room for all clients, made by the first of them, or one that stands already. They speak, answer and react; in the end everybody
 * has every text once, each speaker's in the order in which they were said, and all rooms look the same. While faults go on the trace
 * alone is judged.
 */
export const ROOMS: Workload = {
  name: 'rooms',
  about: 'clients meet in a room of their own and talk there, answer and react',
  strictOnly: 'its room must stand before anybody speaks in it; make one, and name it (room)',
  takesRoom: true,
  begin: (place, clients, given) => {
    const room = given ?? `workload-${place.replaceAll('.', '-')}`;
    const said: Array<{ readonly by: string; readonly text: string }> = [];
    const [host = '', ...guests] = clients;
    const heardFrom = ({ client, random }: Deal): string | null => {
      const others = said.filter(({ by }) => by !== client);
      return others[random.below(Math.max(1, others.length))]?.text ?? null;
    };
    const speak = (by: string, text: string, answers: string | null): RawStep => {
      said.push({ by, text });
      return { say: answers === null ? { by, room, text } : { by, room, text, answers } };
    };
    return {
      prepare: () =>
        given !== undefined
          ? []
          : [
              { 'create-room': { by: host, room } },
              { 'join-room': { who: guests, room, through: host }, within: '30s' },
              { expect: { members: { at: [...clients], room, are: [...clients] } }, within: '30s' },
            ],
      operation: (deal) => {
        const { client, count, random, tolerant } = deal;
        const ease = tolerant ? { maybe: true, within: PATIENCE } : {};
        const choice = random.below(100);
        const heard = choice < ANSWERS + REACTIONS ? heardFrom(deal) : null;
        const text = (does: string) => `${client} ${does}: number ${count} of workload ${place}`;
        if (heard === null) return [{ ...speak(client, text('speaks'), null), ...ease }];
        const act = choice < ANSWERS ? speak(client, text('answers'), heard) : { react: { by: client, room, text: heard, reaction: REACTION } };
        // Under faults it may not have come yet: then there is nothing to answer.
        if (tolerant) return [{ ...act, ...ease }];
        // Only what was said earlier is waited for, so nobody waits in a circle.
        return [{ expect: { 'room-messages': { at: client, room, contain: [heard] } }, within: HEARD }, act];
      },
      checks: (tolerant) =>
        tolerant
          ? []
          : [
              ...clients.flatMap((client) => {
                const contain = said.filter(({ by }) => by === client).map(({ text }) => text);
                // In a room that stood already others may have spoken.
                const count = given === undefined ? { count: said.length } : {};
                return contain.length === 0 ? [] : [{ expect: { 'room-messages': { at: [...clients], room, contain, ...count } }, within: '60s' }];
              }),
              { expect: { 'same-room': { at: [...clients], room } }, within: '60s' },
            ],
    };
  },
};
