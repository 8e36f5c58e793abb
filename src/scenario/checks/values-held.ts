import { RING_OPTIONS } from '../../core/ring/ring-port.ts';
import { counted } from '../words.ts';
import { broken, type Finding, holds, notJudged, type TraceCheck } from './check.ts';
import type { TraceFacts } from './facts.ts';

/** Holders compare what they have when the ring changes, and push what is missing every 20 s. */
const DUE_MILLIS = 35_000;
/** Where none of those who should hold it has it (more came at once than there are holders), others notice it by its lease: three times as long. */
const FAR_MILLIS = 70_000;

interface Copy {
  readonly sequence: number;
  readonly deleted: boolean;
}

interface Value {
  /** Copies by the node that has them. */
  readonly copies: Map<string, Copy>;
  /** When the newest version came first to anybody, ms. */
  newestMillis: number;
  sequence: number;
  /** It ends by itself, so that holders may forget it at any time. */
  passing: boolean;
}

/** Copies by the value's name, `<64 hex digits of the key>/<kind>/<id>`. They lie on disks and outlive restarts. */
function valuesOf(facts: TraceFacts): Map<string, Value> {
  const values = new Map<string, Value>();
  for (const { node, atMillis, detail } of facts.about({ subjects: ['disk', 'copy'] })) {
    if (detail.type !== 'state') continue;
    if (detail.subject === 'disk') for (const value of values.values()) value.copies.delete(detail.id);
    if (detail.subject !== 'copy') continue;
    const value = values.get(detail.id) ?? { copies: new Map<string, Copy>(), newestMillis: 0, sequence: -1, passing: false };
    values.set(detail.id, value);
    if (detail.to === 'gone') {
      value.copies.delete(node);
      continue;
    }
    const copy = { sequence: Number(detail.data?.['sequence'] ?? 0), deleted: detail.data?.['deleted'] === true };
    value.copies.set(node, copy);
    value.passing ||= detail.data?.['expiresMillis'] !== undefined;
    if (copy.sequence > value.sequence) [value.sequence, value.newestMillis] = [copy.sequence, atMillis];
  }
  return values;
}

/** Members at the end in the order of the ring, with the first 16 hex digits of their ids. */
function membersOf(facts: TraceFacts): Array<readonly [place: string, name: string]> {
  const last = new Map<string, string | null>();
  for (const { node, detail } of facts.states('ring')) last.set(node, detail.to === 'member' ? String(detail.data?.['place'] ?? '') : null);
  const members = [...last].flatMap(([name, place]) => (place !== null && place !== '' && facts.running.has(name) ? [[place, name] as const] : []));
  return members.sort(([one], [other]) => (one < other ? -1 : 1));
}

function judge(facts: TraceFacts): Finding {
  const values = valuesOf(facts);
  if (values.size === 0) return notJudged('no values lie on the ring');
  const early = facts.unquiet(facts.due(DUE_MILLIS));
  if (early !== null) return notJudged(early);
  const members = membersOf(facts);
  if (members.length === 0) return notJudged('nobody was on the ring at the end');
  // Owners push to those whom they know as their successors, and to nobody beyond.
  const each = Math.min(facts.replicaCopies, RING_OPTIONS.successorCount + 1, members.length);
  let judged = 0;
  for (const [name, value] of values) {
    if (value.passing || facts.endMillis - value.newestMillis < facts.due(DUE_MILLIS)) continue;
    const holders = [...value.copies].filter(([, copy]) => copy.sequence === value.sequence).map(([node]) => node);
    if (holders.length === 0 && !lostWithDisks(facts, value.newestMillis))
      return broken(`nobody has ${name.slice(0, 8)}…${name.slice(64, 90)} in version ${value.sequence} any more, and no disk was lost`, []);
    // What only nodes have that do not run cannot be anywhere else.
    if (!holders.some((node) => facts.running.has(node))) continue;
    const key = name.slice(0, 16);
    const first = Math.max(
      0,
      members.findIndex(([place]) => place >= key),
    );
    const proper = Array.from({ length: each }, (_, step) => (members[(first + step) % members.length] as readonly [string, string])[1]);
    const isFar = !proper.some((node) => holders.includes(node));
    if (isFar && (facts.quietMillis < facts.due(FAR_MILLIS) || facts.endMillis - value.newestMillis < facts.due(FAR_MILLIS))) continue;
    judged += 1;
    for (const holder of proper) {
      const copy = value.copies.get(holder);
      if (copy === undefined || copy.sequence < value.sequence)
        return broken(
          `${holder} should hold ${name.slice(0, 8)}…${name.slice(64, 90)} in version ${value.sequence}, and has ${copy === undefined ? 'none' : `version ${copy.sequence}`}`,
          [],
        );
    }
  }
  return judged === 0 ? notJudged('no value was old enough') : holds(`${counted(judged, 'value')}, each at ${counted(each, 'holder')}`);
}

function lostWithDisks(facts: TraceFacts, sinceMillis: number): boolean {
  return [...facts.emptied.values()].some((times) => times.some((at) => at >= sinceMillis));
}

export const VALUES_HELD: TraceCheck = {
  name: 'values-held',
  about: 'Once it is quiet, every lasting value lies in its newest version at the owner of its key and the members after it.',
  atRest: true,
  judge,
};
