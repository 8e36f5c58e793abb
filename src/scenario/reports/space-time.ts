import type { Flight, RunFacts } from './run-facts.ts';
import { type StretchedTime, stretchedTime } from './stretched-time.ts';
import { colourOf, escapeText, short, ticks } from './svg.ts';
import { timeScale } from './time-scale.ts';

const LANE = 110;
const LEFT = 74;
const TOP = 34;
const HEIGHT_MAX = 2_600;
const HEIGHT_MIN = 320;
const FLIGHTS_MAX = 900;
const NODES_MAX = 24;
const PIXELS_PER_FLIGHT = 9;
const PIXELS_PER_LABEL = 56;
/** So few arrows have room for words; of more, a pointer shows them one by one. */
const NAMED_FLIGHTS_MAX = 60;
const NAME_CHARACTERS_MAX = 40;
/** Few lanes are not blown up to the width of the page. */
const SCALE_MAX = 1.5;

/** Which frames a reader wants to see first: those that carry messages of people, then all that do more than keep a link alive. */
function weightOf(flight: Flight): number {
  if (flight.messages.some(({ id }) => id !== undefined)) return 3;
  return flight.messages.length > 0 || flight.dropped !== null ? 2 : 1;
}

/** Of each weight as many as there is room for, spread evenly over the run. */
function choose(flights: readonly Flight[]): Flight[] {
  const chosen: Flight[] = [];
  for (const weight of [3, 2, 1]) {
    const these = flights.filter((flight) => weightOf(flight) === weight);
    const room = FLIGHTS_MAX - chosen.length;
    const every = Math.max(1, these.length / Math.max(1, room));
    if (room > 0) chosen.push(...these.filter((_, index) => Math.floor(index / every) !== Math.floor((index - 1) / every)).slice(0, room));
  }
  return chosen;
}

/** Of many nodes those between whom most messages of people went, then those that came and went, in the order of their names. */
function chooseNodes(facts: RunFacts): string[] {
  if (facts.nodes.length <= NODES_MAX) return [...facts.nodes];
  const weights = new Map<string, number>();
  const add = (node: string, weight: number) => weights.set(node, (weights.get(node) ?? 0) + weight);
  for (const flight of facts.flights) {
    if (weightOf(flight) !== 3) continue;
    add(flight.from, 1);
    add(flight.to, 1);
  }
  for (const { node, detail } of facts.trace.events) if (detail.type === 'life' && detail.what !== 'start') add(node, 0.1);
  const chosen = [...facts.nodes].sort((one, other) => (weights.get(other) ?? 0) - (weights.get(one) ?? 0)).slice(0, NODES_MAX);
  return facts.nodes.filter((node) => chosen.includes(node));
}

/**
 * A space-time diagram (Lamport 1978): a line for each node, time runs downwards, slower where much happens, an arrow for each frame.
 * Of a long run it shows the frames that carry most, and says so.
 */
export function spaceTimeDiagram(facts: RunFacts): string {
  const nodes = chooseNodes(facts);
  const laneOf = new Map(nodes.map((node, index) => [node, LEFT + LANE / 2 + index * LANE]));
  const drawable = facts.flights.filter(({ from, to }) => laneOf.has(from) && laneOf.has(to));
  const chosen = choose(drawable);
  if (nodes.length === 0) return '<p class="none">No node ran.</p>';
  const lives = facts.trace.events.flatMap(({ node, atMillis, detail }) =>
    laneOf.has(node) && detail.type === 'life' && detail.what !== 'reload' ? [{ node, atMillis, what: detail.what }] : [],
  );
  const height = Math.min(HEIGHT_MAX, Math.max(HEIGHT_MIN, (chosen.length + lives.length) * PIXELS_PER_FLIGHT));
  const time = stretchedTime(
    [
      ...chosen.flatMap(({ sentMillis, arrivedMillis }) => (arrivedMillis === null ? [sentMillis] : [sentMillis, arrivedMillis])),
      ...lives.map(({ atMillis }) => atMillis),
      ...facts.faults.flatMap(({ fromMillis, toMillis }) => [fromMillis, toMillis]),
    ],
    Math.max(facts.endMillis, 1),
  );
  const y = (millis: number) => TOP + time.share(millis) * (height - TOP - 10);
  const width = LEFT + nodes.length * LANE;
  const parts: string[] = [];
  for (const { kind, fromMillis, toMillis, name, details } of facts.faults) {
    const top = y(fromMillis);
    parts.push(
      `<rect x="${LEFT}" y="${short(top)}" width="${width - LEFT}" height="${short(Math.max(1, y(toMillis) - top))}" class="fault"><title>${escapeText(`${kind}: ${name} ${details}`)}</title></rect>`,
    );
  }
  parts.push(...timeLabels(time, facts.endMillis, height));
  for (const [node, x] of laneOf) {
    parts.push(
      `<text x="${x}" y="16" text-anchor="middle" class="title">${escapeText(node)}</text><line x1="${x}" y1="${TOP - 10}" x2="${x}" y2="${height - 8}" class="lane"/>`,
    );
  }
  for (const { node, atMillis, what } of lives) {
    const title = `<title>${escapeText(`${node}: ${what} at ${short(atMillis)} ms`)}</title>`;
    parts.push(`<circle cx="${laneOf.get(node)}" cy="${short(y(atMillis))}" r="5" class="${what === 'start' ? 'up' : 'gone'}">${title}</circle>`);
  }
  for (const flight of chosen) parts.push(arrow(flight, laneOf, y));
  if (chosen.length <= NAMED_FLIGHTS_MAX) for (const flight of chosen) parts.push(arrowName(flight, laneOf, y));
  const left = drawable.length - chosen.length;
  const note =
    left > 0 || facts.nodes.length > nodes.length
      ? `<p>Shown: ${chosen.length} of ${facts.flights.length} frames between ${nodes.length} of ${facts.nodes.length} nodes, first those that carry messages of people or have to do with them. The CSV file holds all.</p>`
      : '';
  return `${note}<svg viewBox="0 0 ${width} ${height}" style="min-width:${Math.min(width, 1400)}px;max-width:${Math.round(width * SCALE_MAX)}px" role="img" aria-label="space-time diagram">${ARROW_HEAD}${parts.join('')}</svg>`;
}

/** Beside the lanes, evenly apart: which moment stands there. */
function timeLabels(time: StretchedTime, endMillis: number, height: number): string[] {
  const { unit, millis } = timeScale(endMillis);
  const count = Math.max(4, Math.floor(height / PIXELS_PER_LABEL));
  return Array.from({ length: count + 1 }, (_, index) => {
    const y = TOP + (index / count) * (height - TOP - 10);
    const moment = time.millisAt(index / count) / millis;
    return `<text x="${LEFT - 8}" y="${short(y + 4)}" text-anchor="end">${unit === 's' ? moment.toFixed(3) : short(moment)} ${unit}</text>`;
  });
}

const ARROW_HEAD =
  '<defs><marker id="head" viewBox="0 0 6 6" refX="6" refY="3" markerWidth="6" markerHeight="6" orient="auto"><path d="M0,0 L6,3 L0,6 z" fill="context-stroke"/></marker></defs>';

function whatOf({ messages, kind }: Flight): string {
  return messages.map(({ type }) => type).join(', ') || kind;
}

/** What a frame carries, beside its beginning: on paper there is no pointer to show it. */
function arrowName(flight: Flight, laneOf: ReadonlyMap<string, number>, y: (millis: number) => number): string {
  const [x1, x2] = [laneOf.get(flight.from) as number, laneOf.get(flight.to) as number];
  const [y1, y2] = [y(flight.sentMillis), y(flight.arrivedMillis ?? flight.sentMillis)];
  // A quarter of the way, so that those who answer each other do not write over each other in the middle.
  const [x, top] = [x1 + (x2 - x1) / 4, y1 + (y2 - y1) / 4 - 3];
  const words = whatOf(flight);
  const said = words.length > NAME_CHARACTERS_MAX ? `${words.slice(0, NAME_CHARACTERS_MAX)}…` : words;
  return `<text x="${short(x)}" y="${short(top)}" text-anchor="${x2 > x1 ? 'start' : 'end'}" class="halo">${escapeText(said)}</text>`;
}

/** A lost frame ends half way, with a cross. */
function arrow(flight: Flight, laneOf: ReadonlyMap<string, number>, y: (millis: number) => number): string {
  const [x1, x2] = [laneOf.get(flight.from) as number, laneOf.get(flight.to) as number];
  const y1 = y(flight.sentMillis);
  const title = `<title>${escapeText(`${flight.frame} to ${flight.to}: ${whatOf(flight)}, ${flight.bytes} bytes, at ${short(flight.sentMillis)} ms${flight.dropped === null ? '' : `, lost: ${flight.dropped}`}`)}</title>`;
  if (flight.arrivedMillis === null) {
    const middle = (x1 + x2) / 2;
    return `<g class="lost"><line x1="${x1}" y1="${short(y1)}" x2="${middle}" y2="${short(y1 + 2)}"/><path d="M${middle - 3},${short(y1 - 1)} l6,6 m0,-6 l-6,6"/>${title}</g>`;
  }
  const colour = colourOf(weightOf(flight) === 3 ? 1 : weightOf(flight) === 2 ? 0 : 7);
  const faint = weightOf(flight) === 1 ? ' stroke-opacity="0.35"' : '';
  return `<line x1="${x1}" y1="${short(y1)}" x2="${x2}" y2="${short(y(flight.arrivedMillis))}" stroke="${colour}"${faint} marker-end="url(#head)">${title}</line>`;
}

const ROW = 16;

/** What was broken, and when. */
export function faultAxis(facts: RunFacts): string {
  const spans = facts.faults.slice(0, 200);
  if (spans.length === 0) return '<p class="none">Nothing was broken in this run.</p>';
  const [width, left] = [900, 220];
  const endMillis = Math.max(facts.endMillis, 1);
  const x = (millis: number) => left + (millis / endMillis) * (width - left - 20);
  const height = 20 + spans.length * ROW + 24;
  const kinds = [...new Set(spans.map(({ kind }) => kind))];
  const rows = spans.map(({ name, kind, details, fromMillis, toMillis }, index) => {
    const top = 18 + index * ROW;
    const words = kind === name || name.startsWith(kind) ? name : `${kind} ${name}`;
    return (
      `<text x="${left - 8}" y="${top + 11}" text-anchor="end">${escapeText(words.slice(0, 34))}</text>` +
      `<rect x="${short(x(fromMillis))}" y="${top + 2}" width="${short(Math.max(2, x(toMillis) - x(fromMillis)))}" height="${ROW - 5}" fill="${colourOf(kinds.indexOf(kind))}"><title>${escapeText(`${words}, ${short(fromMillis)} to ${short(toMillis)} ms: ${details}`)}</title></rect>`
    );
  });
  const scale = timeScale(endMillis);
  const axis = ticks(endMillis / scale.millis, 10).map(
    (tick) => `<text x="${short(x(tick * scale.millis))}" y="${height - 6}" text-anchor="middle">${short(tick)} ${scale.unit}</text>`,
  );
  return `<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="faults on the time axis">${rows.join('')}${axis.join('')}</svg>`;
}
