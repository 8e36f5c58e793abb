import { Type } from '@sinclair/typebox';
import { RING_OPTIONS } from '../../core/ring/ring-port.ts';
import { holdersOf, type SurveyedMember, surveyRing } from '../../core/ring/ring-survey.ts';
import { expandNames, userOf } from '../names.ts';
import { count, flag, keys, nodes, oneOf, users } from '../parts.ts';
import type { Scene } from '../scene.ts';
import { type AnyExpectation, expectation } from '../verb.ts';
import { counted, does, listed } from '../words.ts';
import { firstMisfit } from './people.ts';

/** Names that sentences list at most. */
const SHOWN_MAX = 3;

/** Those that run: a scenario may have killed some without knowing their names. */
function living(names: readonly string[], scene: Scene): string[] {
  return names.filter((name) => scene.engine.isRunning(name));
}

async function placesOf(names: readonly string[], scene: Scene): Promise<SurveyedMember[]> {
  const places: SurveyedMember[] = [];
  for (const name of names) places.push(await scene.ask(name, 'ring', {}));
  return places;
}

const ring = expectation({
  name: 'ring',
  schema: keys(
    { of: nodes, is: Type.Optional(oneOf(['ideal', 'valid'], 'ideal or valid')) },
    'Those of these nodes that run, and no others, form one ring. ideal (the default): every pointer is right; valid: one ordered ring into which everybody leads.',
  ),
  mentions: (value) => expandNames(value.of),
  words: (value) => `${does(expandNames(value.of), 'is a ring', 'form one ring')} that is ${value.is ?? 'ideal'}`,
  check: async (value, scene) => {
    const names = living(expandNames(value.of), scene);
    if (names.length === 0) return 'none of them runs';
    const survey = surveyRing(await placesOf(names, scene), RING_OPTIONS.successorCount);
    if (survey.outside.length > 0) return `${listed(survey.outside)} outside the ring`;
    if (survey.verdict === 'ideal' || (survey.verdict === 'valid' && value.is === 'valid')) return null;
    const sentences = [...survey.broken, ...survey.unfinished];
    return `the ring of ${counted(names.length, 'node')} is ${survey.verdict}: ${sentences.slice(0, SHOWN_MAX).join('; ')}`;
  },
});

const lookup = expectation({
  name: 'lookup',
  schema: keys(
    {
      at: nodes,
      of: users,
      among: Type.Optional(nodes),
      'hops-at-most': Type.Optional(count),
      recursive: Type.Optional(flag),
    },
    'Each node looks up the key of each name and finds the right owner: the first member after the key, of the members `among` (default: those that ask).',
  ),
  mentions: (value) => [...expandNames(value.at), ...expandNames(value.among ?? [])],
  words: (value) => {
    const hops = value['hops-at-most'] === undefined ? '' : ` in at most ${counted(value['hops-at-most'], 'hop')}`;
    return `${does(expandNames(value.at), 'finds', 'find')} who keeps the keys of ${listed(expandNames(value.of).map(userOf))}${hops}`;
  },
  check: async (value, scene) => {
    const asking = living(expandNames(value.at), scene);
    if (asking.length === 0) return 'none of them runs';
    const members = await placesOf(living(expandNames(value.among ?? value.at), scene), scene);
    return firstMisfit(asking, (name) =>
      firstMisfit(expandNames(value.of).map(userOf), async (user) => {
        const found = await scene.ask(name, 'lookup', { name: user, recursive: value.recursive === true });
        const [owner] = holdersOf(members, found.key, 1);
        const [seen] = found.owners;
        if (seen !== owner) return `${name} finds ${seen ?? 'nobody'} for the key of ${user}, which belongs to ${owner ?? 'nobody'}`;
        const most = value['hops-at-most'];
        return most !== undefined && found.hops.length > most ? `${name} needs ${counted(found.hops.length, 'hop')} to the key of ${user}` : null;
      }),
    );
  },
});

export const RING_EXPECTATIONS: readonly AnyExpectation[] = [ring, lookup];
