import { expandNames, userOf } from '../names.ts';
import { keys, nodes, oneOf, user } from '../parts.ts';
import { type AnyExpectation, expectation } from '../verb.ts';
import { does, listed } from '../words.ts';
import { firstMisfit } from './people.ts';

const STATES = ['new', 'pinned', 'verified', 'changed'] as const;

const key = expectation({
  name: 'key',
  schema: keys(
    {
      of: user,
      'seen-by': nodes,
      is: oneOf(STATES, 'new: not relied on; pinned: as at first sight; verified: compared by people; changed: another than before, and nothing is sent'),
    },
    'How far somebody relies on the keys behind a name.',
  ),
  mentions: (value) => [value.of, ...expandNames(value['seen-by'])],
  words: (value) => `for ${listed(expandNames(value['seen-by']))} the key of ${value.of} is ${value.is}`,
  check: (value, scene) =>
    firstMisfit(expandNames(value['seen-by']), async (name) => {
      const view = await scene.ask(name, 'user', { user: userOf(value.of) });
      return view.trust === value.is ? null : `for ${name} the key of ${value.of} is ${view.trust}`;
    }),
});

const safetyNumbers = expectation({
  name: 'safety-numbers',
  schema: keys(
    { of: user, and: user, are: oneOf(['equal', 'different'], 'equal or different') },
    'What two people see when each asks for the number to compare with the other.',
  ),
  mentions: (value) => [value.of, value.and],
  words: (value) => `${does([value.of, value.and], 'sees', 'see')} ${value.are} safety numbers`,
  check: async (value, scene) => {
    const one = await scene.ask(value.of, 'verify', { user: userOf(value.and) });
    const other = await scene.ask(value.and, 'verify', { user: userOf(value.of) });
    const equal = one.digits === other.digits && one.words === other.words;
    return equal === (value.are === 'equal') ? null : `${value.of} sees ${one.digits}, ${value.and} sees ${other.digits}`;
  },
});

export const TRUST_EXPECTATIONS: readonly AnyExpectation[] = [key, safetyNumbers];
