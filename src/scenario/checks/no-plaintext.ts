import { counted } from '../words.ts';
import { broken, type Finding, holds, notJudged, type TraceCheck } from './check.ts';
import type { TraceFacts } from './facts.ts';

/** The engine looks for what was written, in frames or folders, and puts what it looked through into the trace. */
function judge(facts: TraceFacts): Finding {
  let texts = 0;
  let bytes = 0;
  let places = 0;
  for (const { id, detail } of facts.states('plaintext')) {
    if (detail.to === 'found') return broken(`a text that was sealed can be read in ${detail.id}`, [id]);
    texts = Number(detail.data?.['texts'] ?? 0);
    bytes += Number(detail.data?.['bytes'] ?? 0);
    places += Number(detail.data?.['places'] ?? 0);
  }
  if (places === 0 || texts === 0) return notJudged(texts === 0 ? 'no text long enough to be told from chance was written' : 'nothing was searched');
  return holds(`${counted(texts, 'text')} looked for in ${counted(places, 'frame or file')}, ${counted(bytes, 'byte')}`);
}

export const NO_PLAINTEXT: TraceCheck = {
  name: 'no-plaintext',
  about: 'What was written end to end can be read in no frame and in no file.',
  judge,
};
