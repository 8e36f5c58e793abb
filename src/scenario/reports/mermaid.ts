import type { Flight, RunFacts } from './run-facts.ts';

const ARROWS_MAX = 400;

interface Happening {
  readonly atMillis: number;
  readonly line: string;
  readonly nodes: readonly string[];
}

/**
 * A sequence diagram for Mermaid: what carries messages of people, what of it is lost, when members of rooms were shown theirs, and
 * faults. Of a program whose messages have no ids, all that it sends. Only those are drawn who take part.
 */
export function mermaidSequence(facts: RunFacts): string {
  const id = new Map(facts.nodes.map((node, index) => [node, `n${index}`]));
  const between = facts.flights.filter(({ messages, from, to }) => messages.length > 0 && id.has(from) && id.has(to));
  const ofPeople = between.filter(({ messages }) => messages.some((message) => message.id !== undefined));
  // Frames of rooms name no message; what is known is whose screens it reached.
  const inRooms = [...facts.deliveries.values()].flatMap(({ id: message, from, inRoom, shown }) =>
    !inRoom || !id.has(from)
      ? []
      : shown.map(({ at, atMillis }) => ({
          atMillis,
          nodes: [from, at],
          line: `  ${id.get(from)}->>${id.get(at)}: room message ${message.slice(-6)} is shown`,
        })),
  );
  const told = ofPeople.length > 0 || inRooms.length > 0 ? ofPeople : between;
  const arrows: Happening[] = [
    ...told.slice(0, ARROWS_MAX).map((flight) => ({
      atMillis: flight.sentMillis,
      nodes: [flight.from, flight.to],
      line: `  ${id.get(flight.from)}${flight.arrivedMillis === null ? '--x' : '->>'}${id.get(flight.to)}: ${plain(carried(flight))}`,
    })),
    ...inRooms.slice(0, ARROWS_MAX),
  ];
  const involved = new Set(arrows.flatMap(({ nodes }) => nodes));
  const drawn = arrows.length === 0 ? facts.nodes : facts.nodes.filter((node) => involved.has(node));
  const notes = drawn.length === 0 ? [] : faultNotes(facts, id.get(drawn[0] as string) as string, id.get(drawn.at(-1) as string) as string);
  const happenings = [...arrows, ...notes].sort((one, other) => one.atMillis - other.atMillis);
  const lines = ['sequenceDiagram', ...drawn.map((node) => `  participant ${id.get(node)} as ${plain(node)}`)];
  if (drawn.length < facts.nodes.length) lines.push(`  %% ${drawn.length} of ${facts.nodes.length} nodes, those that take part`);
  if (told.length > ARROWS_MAX) lines.push(`  %% the first ${ARROWS_MAX} of ${told.length} frames that carry messages`);
  if (inRooms.length > ARROWS_MAX) lines.push(`  %% the first ${ARROWS_MAX} of ${inRooms.length} screens that showed messages of rooms`);
  return `${[...lines, ...happenings.map(({ line }) => line)].join('\n')}\n`;
}

function faultNotes(facts: RunFacts, first: string, last: string): Happening[] {
  const over = first === last ? first : `${first},${last}`;
  return facts.faults.flatMap(({ name, kind, fromMillis, toMillis }) => {
    const words = plain(name.startsWith(kind) ? name : `${kind} ${name}`);
    return [
      { atMillis: fromMillis, nodes: [], line: `  note over ${over}: broken: ${words}` },
      { atMillis: toMillis, nodes: [], line: `  note over ${over}: healed: ${words}` },
    ];
  });
}

/** What a frame carries: messages with ids by themselves, the others counted by their type. */
function carried({ messages }: Flight): string {
  const parts = new Map<string, number>();
  for (const { type, id } of messages) {
    const part = id === undefined ? type : `${type} ${id.slice(-6)}`;
    parts.set(part, (parts.get(part) ?? 0) + 1);
  }
  return [...parts].map(([part, count]) => (count === 1 ? part : `${part} x${count}`)).join(', ');
}

/** Without what the grammar takes for its own: line ends, `;`, `#`, `:`, arrows. */
function plain(text: string): string {
  return text.replace(/[^\w@.,() -]/g, '_').replace(/--+/g, '-');
}
