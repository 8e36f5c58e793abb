import type { Shape } from '../../src/core/shape.ts';
import type { SeededRandom } from '../../src/sim/random.ts';

const LIST_MAX = 3;
const BYTES_MAX = 200;
const ALPHABET = 'abcdef0123456789';

/** A value that fits a shape, drawn from the seed: what an attacker who knows the protocol would begin with. */
export function sampleOf(shape: Shape, random: SeededRandom): unknown {
  const below = (count: number): number => Math.floor(random.fraction() * count);
  switch (shape.kind) {
    case 'anything':
      return [random.bytes(8), below(1_000)];
    case 'boolean':
      return below(2) === 0;
    case 'integer':
      return below(4) === 0 ? shape.max : shape.min + below(Math.min(1_000, shape.max - shape.min + 1));
    case 'number':
      return shape.min + random.fraction() * (Math.min(shape.max, 1e9) - shape.min);
    case 'bytes':
      return random.bytes(shape.min + below(Math.min(BYTES_MAX, shape.max - shape.min + 1)));
    case 'text': {
      const length = shape.min + below(Math.min(BYTES_MAX, shape.max - shape.min + 1));
      const text = Array.from({ length }, () => ALPHABET[below(ALPHABET.length)]).join('');
      if (shape.pattern === undefined || shape.pattern.test(text)) return text;
      // The forms that are not letters and digits alone: names of letters, and addresses for datagrams.
      const others = [`${text.slice(0, 21)}.${text.slice(22)}`, `udp://127.0.0.1:${1 + below(65_535)}`];
      return others.find((each) => shape.pattern?.test(each)) ?? text.replace(/[0-9]/g, 'a');
    }
    case 'choice':
      return shape.of[below(shape.of.length)];
    case 'list':
      return Array.from({ length: below(Math.min(LIST_MAX, shape.max) + 1) }, () => sampleOf(shape.of, random));
    case 'tuple':
      return shape.of.map((each) => sampleOf(each, random));
    case 'either':
      return sampleOf(shape.of[below(shape.of.length)] as Shape, random);
    case 'nullable':
      return below(3) === 0 ? null : sampleOf(shape.of, random);
    case 'optional':
      return sampleOf(shape.of, random);
    case 'record':
      return Object.fromEntries(Object.entries(shape.fields).map(([name, each]) => [name, sampleOf(each, random)]));
  }
}
