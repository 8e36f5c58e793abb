import { counted } from '../words.ts';
import { broken, type Finding, holds, notJudged, type TraceCheck } from './check.ts';
import type { TraceFacts } from './facts.ts';

/** The engine looks for what was written and typed and for private keys, in frames or folders, and puts what it looked through into the trace. */
function judge(facts: TraceFacts): Finding {
  const sum = { texts: 0, passwords: 0, keys: 0, places: 0, bytes: 0, left: 0 };
  for (const { id, detail } of facts.states('plaintext')) {
    if (detail.to === 'found') return broken(`${detail.data?.['what'] ?? 'something secret'} can be read in ${detail.id}`, [id]);
    for (const name of Object.keys(sum) as Array<keyof typeof sum>) sum[name] += Number(detail.data?.[name] ?? 0);
  }
  const { texts, passwords, keys, places, bytes, left } = sum;
  if (places === 0) return notJudged('nothing was searched');
  if (texts + passwords + keys === 0) return notJudged('no text or password long enough to be told from chance was written');
  const looked = `${counted(texts, 'text')}, ${counted(passwords, 'password')} and ${counted(keys, 'private key')} looked for in ${counted(places, 'place')}, ${counted(bytes, 'byte')}`;
  return holds(left === 0 ? looked : `${looked}; ${counted(left, 'later frame')} not kept`);
}

export const NO_PLAINTEXT: TraceCheck = {
  name: 'no-plaintext',
  about: 'What was written end to end, passwords and private keys can be read in no frame and in no file.',
  atRest: false,
  judge,
};
