/** A property that is tried with seed after seed. */
export interface Suite {
  readonly name: string;
  /** Null, or what went wrong. The same seed gives the same answer. */
  play(seed: number): Promise<string | null> | string | null;
}

export interface SoakOptions {
  readonly suites: readonly Suite[];
  readonly firstSeed: number;
  readonly seedCount: number;
  readonly say: (line: string) => void;
}

/** Plays every suite with every seed, one seed after the other, so that an early end has tried all of them. Returns how many failed. */
export async function soak({ suites, firstSeed, seedCount, say }: SoakOptions): Promise<number> {
  let failed = 0;
  for (let seed = firstSeed; seed < firstSeed + seedCount; seed += 1) {
    for (const suite of suites) {
      const problem = await played(suite, seed);
      if (problem === null) continue;
      failed += 1;
      say(`FAILED ${suite.name}, seed ${seed}: ${problem}`);
      say(`       repeat with: npm run soak -- 1 ${seed} ${suite.name}`);
    }
    if ((seed - firstSeed + 1) % 10 === 0) say(`${seed - firstSeed + 1} of ${seedCount} seeds, ${failed} failures`);
  }
  return failed;
}

async function played(suite: Suite, seed: number): Promise<string | null> {
  try {
    return await suite.play(seed);
  } catch (error) {
    return error instanceof Error ? (error.stack ?? error.message) : String(error);
  }
}
