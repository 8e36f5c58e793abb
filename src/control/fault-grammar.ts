import { LAWS } from '../core/distributions.ts';

/** Each order with its words, as help shows them. */
export const FAULT_WORDS: Readonly<Record<string, string>> = {
  list: 'list',
  help: 'help',
  cut: 'cut GROUP GROUP [one-way] [as NAME]',
  delay: 'delay TIME [jitter TIME] [between GROUP and GROUP] [one-way] [as NAME]',
  latency:
    'latency LAW PARAMETER VALUE ... | latency matrix FILE [values one-way] [jitter SHARE] [place PLACE NODE[,NODE ...]] ... [between GROUP and GROUP] [one-way] [as NAME]',
  loss: 'loss SHARE [between GROUP and GROUP] [one-way] [as NAME]',
  duplicate: 'duplicate SHARE [between GROUP and GROUP] [one-way] [as NAME]',
  reorder: 'reorder SHARE by TIME [between GROUP and GROUP] [one-way] [as NAME]',
  bandwidth: 'bandwidth BYTES-PER-SECOND [queue BYTES] [between GROUP and GROUP] [one-way] [as NAME]',
  heal: 'heal everything | heal NAME ... | heal NODE ...',
  pause: 'pause NODE ...',
  resume: 'resume NODE ...',
  slow: 'slow FACTOR NODE ... for TIME',
  disk: 'disk full NODE ... | disk free NODE ...',
  clock: 'clock ahead TIME NODE ... | clock behind TIME NODE ... | clock gains TIME NODE ... | clock loses TIME NODE ... (each second) | clock right NODE ...',
  kill: 'kill NODE ...',
  restart: 'restart NODE ... [--empty-disk]',
  lie: 'lie NODE[,NODE ...] CONDUCT',
};

/** What every rule on lines may end with. */
const RULE_END = ' [between GROUP and GROUP] [one-way] [as NAME]';

/** What fits into a narrow terminal. */
const LINE_CHARACTERS = 78;

/** How all orders are written, a line each, for whoever types them. */
export function faultHelp(): string[] {
  const orders = Object.values(FAULT_WORDS).flatMap((usage) => {
    const order = usage.replace(RULE_END, '').trimEnd();
    return order.length <= LINE_CHARACTERS ? order : order.split(' | ');
  });
  return [
    ...orders,
    `Rules on lines, from delay to bandwidth, may end with:${RULE_END}.`,
    'A GROUP is everyone, a name, or names with commas: user[1..3],bob. TIME is 200ms, 3s, 2m or 1h; SHARE is 0 to 1.',
    `A LAW is one of ${LAWS.join(', ')}.`,
  ];
}

/** Names of what a law takes (distributions.ts). */
const LAW_WORDS = ['value', 'min', 'max', 'mean', 'median', 'sigma', 'scale', 'shape', 'alpha'];

/** Words that an order may go on with after `before`, its words so far: those of its grammar, and names. */
export function faultWordsAfter(before: readonly string[], names: readonly string[]): readonly string[] {
  const [verb] = before;
  if (verb === undefined) return Object.keys(FAULT_WORDS);
  const usage = Object.hasOwn(FAULT_WORDS, verb) ? (FAULT_WORDS[verb] as string) : '';
  const words = new Set((usage.match(/(?<![\w-])-{0,2}[a-z][a-z-]+/g) ?? []).filter((word) => word !== verb && word !== 'each' && word !== 'second'));
  if (/GROUP/.test(usage)) words.add('everyone');
  if (/GROUP|NODE/.test(usage)) for (const name of names) words.add(name);
  if (/LAW/.test(usage)) for (const word of [...LAWS, ...LAW_WORDS]) words.add(word);
  // What stands there already is not said twice, but for names.
  return [...words].filter((word) => names.includes(word) || !before.includes(word));
}
