import { counted } from '../words.ts';
import { broken, type Finding, holds, notJudged, type TraceCheck } from './check.ts';
import type { TraceFacts } from './facts.ts';

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
  if (set === 0) return notJudged('nothing was broken');
  return facts.faults.size === 0
    ? holds(`${counted(set, 'change')} of faults, none left`)
    : broken(`still in force at the end: ${[...facts.faults].join(', ')}`, [last]);
}

export const FAULTS_HEALED: TraceCheck = {
  name: 'faults-healed',
  about: 'Every fault that the run put in force is gone at its end.',
  judge,
};
