import { expandNames, userOf } from '../names.ts';
import { count, keys, node, nodes, text, user, users } from '../parts.ts';
import { type AnyExpectation, expectation } from '../verb.ts';
import { counted, does, listed, quoted } from '../words.ts';
import { firstMisfit } from './people.ts';

const kept = expectation({
  name: 'kept',
  schema: keys({ of: users, at: node, on: count }, 'The public records of users lie on so many nodes of the ring, as `at` finds them.'),
  mentions: (value) => [...expandNames(value.of), value.at],
  words: (value) => `the ring keeps ${listed(expandNames(value.of).map(userOf))} on ${counted(value.on, 'node')}`,
  check: (value, scene) =>
    firstMisfit(expandNames(value.of), async (name) => {
      const { holders } = await scene.ask(value.at, 'lookup', { name: userOf(name) });
      return holders.length === value.on ? null : `the record of ${userOf(name)} lies at ${listed(holders)}`;
    }),
});

const nameIs = expectation({
  name: 'name-holder',
  schema: keys({ name: user, is: node, 'seen-by': nodes }, 'The name belongs to the account at node `is`, for the ring and for everybody in `seen-by`.'),
  mentions: (value) => [value.is, ...expandNames(value['seen-by'])],
  words: (value) => `the name ${value.name} belongs to ${value.is}, as ${does(expandNames(value['seen-by']), 'sees', 'see')} it`,
  check: async (value, scene) => {
    const { userId } = await scene.ask(value.is, 'info', {});
    if (userId === null) return `nobody is logged in at ${value.is}`;
    return firstMisfit(expandNames(value['seen-by']), async (name) => {
      const onRing = await scene.ask(name, 'lookup', { name: value.name });
      if (onRing.userId !== userId) return `for ${name} the ring says ${onRing.userId === null ? 'nobody' : 'somebody else'}`;
      const known = await scene.ask(name, 'user', { user: value.name });
      return known.userId === userId ? null : `${name} knows somebody else by that name`;
    });
  },
});

const told = expectation({
  name: 'told',
  schema: keys({ at: nodes, text }, 'Whoever sits at these nodes was told something in which this text occurs.'),
  mentions: (value) => expandNames(value.at),
  words: (value) => `${does(expandNames(value.at), 'was told', 'were told')} ${quoted(value.text)}`,
  check: (value, scene) =>
    firstMisfit(expandNames(value.at), async (name) => {
      const notices = scene.noticesOf(name);
      if (notices.some((notice) => notice.includes(value.text))) return null;
      return notices.length === 0 ? `${name} was told nothing` : `${name} was told last: ${quoted(notices.at(-1) ?? '')}`;
    }),
});

export const VALUE_EXPECTATIONS: readonly AnyExpectation[] = [kept, nameIs, told];
