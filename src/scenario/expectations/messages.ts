import { Type } from '@sinclair/typebox';
import type { MessageView } from '../../core/commands.ts';
import { CORE_OPTIONS } from '../../core/options.ts';
import type { MessageState } from '../../core/types.ts';
import { expandNames, userOf } from '../names.ts';
import { count, keys, nodes, oneOf, text, texts, user, users } from '../parts.ts';
import type { Scene } from '../scene.ts';
import { type AnyExpectation, expectation } from '../verb.ts';
import { numberedText } from '../verbs/chat.ts';
import { counted, does, listed, quoted } from '../words.ts';
import { firstMisfit } from './people.ts';

/** A conversation as its node shows it, oldest first; longer ones are read page by page. */
export async function conversation(scene: Scene, at: string, other: string): Promise<MessageView[]> {
  const all: MessageView[] = [];
  let before: string | undefined;
  for (;;) {
    const page = await scene.ask(at, 'history', { with: userOf(other), limit: CORE_OPTIONS.historyPageMax, ...(before === undefined ? {} : { before }) });
    all.unshift(...page.messages);
    before = page.messages[0]?.key;
    if (!page.more || before === undefined) return all;
  }
}

/** Exactly these texts in this order. */
export function misfitOfExact(seen: readonly string[], wanted: readonly string[]): string | null {
  if (seen.length === wanted.length && seen.every((each, index) => each === wanted[index])) return null;
  const at = wanted.findIndex((each, index) => seen[index] !== each);
  const [here, there] = at < 0 ? [wanted.length, undefined] : [at, wanted[at]];
  const found = seen[here] === undefined ? 'nothing' : quoted(seen[here]);
  return `${counted(seen.length, 'message')}; number ${here + 1} is ${found}${there === undefined ? '' : ` instead of ${quoted(there)}`}`;
}

/** Each of these texts once, in this order; others may lie between. */
export function misfitOfContained(seen: readonly string[], wanted: readonly string[]): string | null {
  let from = 0;
  for (const each of wanted) {
    const times = seen.filter((text) => text === each).length;
    if (times === 0) return `${quoted(each)} is missing among ${counted(seen.length, 'message')}`;
    if (times > 1) return `${quoted(each)} is there ${times} times`;
    const at = seen.indexOf(each);
    if (at < from) return `${quoted(each)} is there, but too early`;
    from = at + 1;
  }
  return null;
}

const numbered = keys({ text, count }, 'the texts of a `send` with `count`: each once and in order');
const messageKeys = keys(
  {
    at: nodes,
    with: users,
    from: Type.Optional(user),
    are: Type.Optional(Type.Array(text, { description: 'exactly these texts in this order' })),
    contain: Type.Optional(Type.Array(text, { description: 'each of these texts exactly once and in this order, maybe among others' })),
    numbered: Type.Optional(numbered),
    count: Type.Optional(count),
    not: Type.Optional(texts),
  },
  'What lies in the conversation of `at` with `with`; `from` looks only at what that user wrote. A deleted message shows as (deleted).',
);
type MessageKeys = typeof messageKeys.static;

function wantedTexts(value: MessageKeys): { exact?: readonly string[]; contained: readonly string[] } {
  const run = value.numbered;
  const written = run === undefined ? [] : Array.from({ length: run.count }, (_, index) => numberedText(run.text, index + 1, run.count));
  return { ...(value.are === undefined ? {} : { exact: value.are }), contained: [...(value.contain ?? []), ...written] };
}

function messageWords(value: MessageKeys): string {
  const parts: string[] = [];
  if (value.are !== undefined) parts.push(value.are.length === 0 ? 'nothing' : `exactly ${value.are.map(quoted).join(', ')}`);
  if (value.contain !== undefined) parts.push(`${value.contain.map(quoted).join(', ')} once each and in order`);
  if (value.numbered !== undefined) parts.push(`${counted(value.numbered.count, 'message')} like ${quoted(value.numbered.text)} once each and in order`);
  if (value.count !== undefined) parts.push(counted(value.count, 'message'));
  if (value.not !== undefined) parts.push(`not ${value.not.map(quoted).join(', ')}`);
  const from = value.from === undefined ? '' : ` from ${value.from}`;
  return `${does(expandNames(value.at), 'has', 'have')}${from} in the chat with ${listed(expandNames(value.with))}: ${parts.join('; ')}`;
}

async function messagesMisfit(scene: Scene, pair: { readonly at: string; readonly with: string }, value: MessageKeys): Promise<string | null> {
  const all = await conversation(scene, pair.at, pair.with);
  const seen = all
    .filter((each) => value.from === undefined || each.fromMe === (userOf(pair.at) === userOf(value.from)))
    .map((each) => (each.deleted ? '(deleted)' : each.text));
  const { exact, contained } = wantedTexts(value);
  const unwanted = value.not?.find((each) => seen.includes(each));
  const wrong =
    (exact === undefined ? null : misfitOfExact(seen, exact)) ??
    misfitOfContained(seen, contained) ??
    (value.count === undefined || value.count === seen.length ? null : counted(seen.length, 'message')) ??
    (unwanted === undefined ? null : `${quoted(unwanted)} is there`);
  return wrong === null ? null : `${pair.at} has in the chat with ${pair.with}: ${wrong}`;
}

const messages = expectation({
  name: 'messages',
  schema: messageKeys,
  mentions: (value) => [...expandNames(value.at), ...expandNames(value.with)],
  misfit: (value) => {
    if (value.from !== undefined && ![...expandNames(value.at), ...expandNames(value.with)].map(userOf).includes(userOf(value.from))) {
      return `${value.from} is no part of this conversation`;
    }
    const said = value.are ?? value.contain ?? value.numbered ?? value.count ?? value.not;
    return said === undefined ? 'say what lies there with `are`, `contain`, `numbered`, `count` or `not`' : null;
  },
  words: messageWords,
  check: (value, scene) =>
    firstMisfit(expandNames(value.at), (at) =>
      firstMisfit(
        expandNames(value.with).filter((other) => userOf(other) !== userOf(at)),
        (other) => messagesMisfit(scene, { at, with: other }, value),
      ),
    ),
});

const STATES = ['queued', 'held', 'delivered', 'read', 'failed'] as const;

/** A message that was read was delivered, too; one that others hold for its recipient waits as well. */
function reached(state: MessageState, wanted: MessageState): boolean {
  return state === wanted || (wanted === 'delivered' && state === 'read') || (wanted === 'queued' && state === 'held');
}

interface Holding {
  readonly heldBy?: string | string[];
  readonly holders?: number;
}

function isHeldAs(message: MessageView, wanted: Holding): boolean {
  const holders = message.heldBy ?? [];
  const named = wanted.heldBy === undefined ? [] : expandNames(wanted.heldBy);
  return named.every((name) => holders.includes(name)) && holders.length >= (wanted.holders ?? 0);
}

function holdersWords({ heldBy, holders }: Holding): string {
  const named = heldBy === undefined ? '' : `, held by ${listed(expandNames(heldBy))}`;
  return holders === undefined ? named : `${named}, held by ${holders} or more`;
}

const ticks = expectation({
  name: 'ticks',
  schema: keys(
    {
      from: users,
      to: users,
      are: oneOf(STATES, 'queued (or held), held, delivered (or read), read, or failed'),
      text: Type.Optional(text),
      count: Type.Optional(count),
      heldBy: Type.Optional(users),
      holders: Type.Optional(Type.Integer({ minimum: 1, maximum: 64, description: 'so many nodes at least keep each of them for the recipient' })),
    },
    'The ticks that the writer sees: all messages from `from` to `to`, only those with `text`, or at least `count` of them. `heldBy` and `holders` say who keeps each of them for the recipient.',
  ),
  mentions: (value) => [...expandNames(value.from), ...expandNames(value.to)],
  words: (value) => {
    const which = value.text === undefined ? 'the messages' : quoted(value.text);
    const many = value.count === undefined ? '' : ` (${value.count} of them)`;
    return `${which} from ${listed(expandNames(value.from))} to ${listed(expandNames(value.to))} ${value.text === undefined ? 'are' : 'is'} ${value.are}${many}${holdersWords(value)}`;
  },
  check: (value, scene) =>
    firstMisfit(expandNames(value.from), (from) =>
      firstMisfit(
        expandNames(value.to).filter((to) => to !== from),
        async (to) => {
          const mine = (await conversation(scene, from, to)).filter((each) => each.fromMe && (value.text === undefined || each.text === value.text));
          const fitting = mine.filter((each) => reached(each.state, value.are) && isHeldAs(each, value)).length;
          const enough = value.count === undefined ? fitting === mine.length && mine.length > 0 : fitting >= value.count;
          if (enough) return null;
          if (mine.length === 0) return `${from} wrote no such message to ${to}`;
          const tally = STATES.map((state) => [state, mine.filter((each) => each.state === state).length] as const).filter(([, many]) => many > 0);
          const misplaced = mine.find((each) => reached(each.state, value.are) && !isHeldAs(each, value));
          const held = misplaced === undefined ? '' : `; ${quoted(misplaced.text)} is held by ${listed(misplaced.heldBy ?? []) || 'nobody'}`;
          return `of ${counted(mine.length, 'message')} from ${from} to ${to}: ${tally.map(([state, many]) => `${many} ${state}`).join(', ')}${held}`;
        },
      ),
    ),
});

export const MESSAGE_EXPECTATIONS: readonly AnyExpectation[] = [messages, ticks];
