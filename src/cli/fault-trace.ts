import { appendFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { MachineFaultSettings } from '../core/faults.ts';
import type { Rule } from '../core/rules.ts';
import type { TraceDetail, TraceEvent } from '../core/trace.ts';
import { factsOfRule } from '../scenario/fault-book.ts';

const FILE = 'faults.ndjson';
let count = 0;

/**
 * Writes what was ordered from outside into the trace of the data root, beside those of its nodes, where there is one: whoever judges
 * or draws the run then sees it like what a scenario did. Where no trace is written there is nothing to add to.
 */
export async function traceFaults(root: string, details: readonly TraceDetail[]): Promise<void> {
  const folder = join(root, 'trace');
  const there = await stat(folder).then(
    (found) => found.isDirectory(),
    () => false,
  );
  if (!there || details.length === 0) return;
  const lines = details.map((detail) => {
    count += 1;
    const event: TraceEvent = {
      id: `fault/${process.pid}/${count}`,
      node: 'runner',
      logical: count,
      monotonicMillis: performance.now(),
      wallMillis: Date.now(),
      detail,
    };
    return `${JSON.stringify(event)}\n`;
  });
  await appendFile(join(folder, FILE), lines.join(''), { mode: 0o600 });
}

export function ruleDetail(rule: Rule, to: 'set' | 'healed'): TraceDetail {
  return { type: 'state', subject: 'fault', id: rule.id, to, data: { ...factsOfRule(rule), kind: rule.kind } };
}

export function nodeDetail(node: string, kind: string, to: 'set' | 'healed', size = 1): TraceDetail {
  return { type: 'state', subject: 'fault', id: node, to, data: { kind, size } };
}

/** The settings of a machine before and after, as facts: what has begun and what has ended. */
export function machineDetails(node: string, before: MachineFaultSettings, after: MachineFaultSettings): TraceDetail[] {
  const details: TraceDetail[] = [];
  if (before.diskFull !== after.diskFull) details.push(nodeDetail(node, 'disk-full', after.diskFull ? 'set' : 'healed'));
  const [was, is] = [offOf(before), offOf(after)];
  if (was !== is) details.push(nodeDetail(node, 'clock', is === 0 ? 'healed' : 'set', is));
  return details;
}

function offOf({ skewMillis, driftMillisPerSecond }: MachineFaultSettings): number {
  return driftMillisPerSecond === 0 ? skewMillis : driftMillisPerSecond;
}
