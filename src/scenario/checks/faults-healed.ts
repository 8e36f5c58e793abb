import { sayMillis } from '../durations.ts';
import { counted } from '../words.ts';
import { broken, type Finding, holds, notJudged, type TraceCheck } from './check.ts';
import type { TraceFacts } from './facts.ts';

/** A frame that was held back, or dropped by a node that is told a little later, may still name a rule for so long, ms. */
const LINGER_MILLIS = 2_000;
const RULE = /^rule (.+)$/u;

/** Frames that a rule takes after it has been healed, whatever those say who healed it. Traces without frames have none of them. */
function stillAtWork(facts: TraceFacts): Finding | null {
  /** When rules were taken away, ms; null: in force. */
  const healed = new Map<string, number | null>();
  for (const { id, node, atMillis, detail } of facts.about({ subjects: ['rule'], types: ['drop'] })) {
    if (detail.type === 'state') healed.set(detail.id, detail.to === 'healed' ? atMillis : null);
    if (detail.type !== 'drop') continue;
    const [, rule = ''] = RULE.exec(detail.reason) ?? [];
    const since = healed.get(rule) ?? null;
    if (since !== null && atMillis - since > facts.due(LINGER_MILLIS))
      return broken(`${node} lost a frame to ${rule} ${sayMillis(atMillis - since)} after that was healed`, [id]);
  }
  return null;
}

function judge(facts: TraceFacts): Finding {
  let set = 0;
  let last = '';
  for (const { id, node, detail } of facts.about({ subjects: ['fault'], types: ['rule'] })) {
    const isFault = (detail.type === 'rule' && node === 'runner' && detail.rules.length > 0) || (detail.type === 'state' && detail.subject === 'fault');
    if (!isFault) continue;
    set += 1;
    last = id;
  }
  if (facts.brokenOff) return notJudged('the run was broken off');
  const kills = [...facts.kills.values()].flat().length;
  const liars = new Set(facts.states('conduct').map(({ detail }) => detail.id));
  if (set + kills + liars.size === 0) return notJudged('nothing was broken');
  const wrong = stillAtWork(facts);
  if (wrong !== null) return wrong;
  const dead = [...facts.kills.keys()].filter((node) => !facts.running.has(node));
  const left = dead.length === 0 ? '' : `; killed and not started again: ${dead.join(', ')}`;
  const lied = liars.size === 0 ? '' : `; against the rules to their end: ${[...liars].join(', ')}`;
  return facts.faults.size === 0
    ? holds(`${counted(set, 'change')} of faults and ${counted(kills, 'kill')}, no fault left${left}${lied}`)
    : broken(`still in force at the end: ${[...facts.faults].join(', ')}`, [last]);
}

export const FAULTS_HEALED: TraceCheck = {
  name: 'faults-healed',
  about: 'Every fault that the run put in force is gone at its end.',
  atRest: false,
  judge,
};
