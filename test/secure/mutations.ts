import { SeededRandom } from '../../src/sim/random.ts';
import { tools } from '../core/tools.ts';

/** `FUZZ=1000000 npx ava dist/test/secure/fuzz.test.js` turns so many. */
export const ROUNDS = Number(process.env['FUZZ'] ?? 6_000);
export const SEED = process.env['FUZZ_SEED'] ?? 'fuzz 1';

/** One to four changes of bytes: a bit, a byte, a cut, a doubling, something inserted. */
export function mutated(random: SeededRandom, bytes: Uint8Array): Uint8Array {
  let result = new Uint8Array(bytes);
  const below = (count: number): number => Math.floor(random.fraction() * count);
  for (let left = 1 + below(4); left > 0 && result.length > 0; left -= 1) {
    const at = below(result.length);
    switch (below(5)) {
      case 0:
        result[at] = (result[at] as number) ^ (1 << below(8));
        break;
      case 1:
        result[at] = [0, 0x7f, 0x80, 0xff, 0x1b, 0x3b, 0x5b, 0x9b, 0xbf][below(9)] as number;
        break;
      case 2:
        result = result.slice(0, at);
        break;
      case 3:
        result = new Uint8Array(Buffer.concat([result, result.subarray(at, at + 64)]));
        break;
      default:
        result = new Uint8Array(Buffer.concat([result.subarray(0, at), random.bytes(1 + below(8)), result.subarray(at)]));
    }
  }
  return result;
}

/** Feeds `judge` with changed bytes; it must not throw, and says whether it took them for something. */
export function fuzz(bytes: Uint8Array, judge: (bytes: Uint8Array, round: number) => boolean, rounds = ROUNDS): { taken: number; message: string } {
  const random = new SeededRandom(SEED);
  let taken = 0;
  for (let round = 0; round < rounds; round += 1) {
    const changed = mutated(random, bytes);
    try {
      if (judge(changed, round)) taken += 1;
    } catch (error) {
      return { taken: -1, message: `FUZZ_SEED='${SEED}', round ${round}: ${String(error)}; bytes ${Buffer.from(changed).toString('hex')}` };
    }
  }
  return { taken, message: '' };
}

export function decoded(bytes: Uint8Array): unknown {
  try {
    return tools.codec.decode(bytes);
  } catch {
    return undefined;
  }
}
