import type { Persona } from './small-talk.ts';

const KNOWN: Readonly<Record<string, Omit<Persona, 'name'>>> = {
  bob: {
    about: 'a baker who never sleeps',
    likes: 'sourdough',
    moods: ['waiting for the dough to rise', 'kneading', 'baking bread', 'reading about ovens'],
    errands: ['taking the loaves out', 'fetching flour', 'feeding the sourdough'],
  },
  carol: {
    about: 'a gardener with a telescope',
    likes: 'the moons of Jupiter',
    moods: ['watering the tomatoes', 'polishing a lens', 'counting snails', 'waiting for a clear night'],
    errands: ['closing the greenhouse', 'looking after the bees', 'carrying the telescope out'],
  },
};

const GENERAL: Omit<Persona, 'name'> = {
  about: 'who lives in this network',
  likes: 'a good conversation',
  moods: ['looking out of the window', 'sorting my records', 'listening to the network hum', 'drinking tea'],
  errands: ['making tea', 'stretching my legs', 'answering the door'],
};

/** The character of a bot by its name. */
export function personaOf(name: string): Persona {
  return { name, ...(KNOWN[name] ?? GENERAL) };
}
