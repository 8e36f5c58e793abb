/**
 * Plays many seeds: `node dist/test/core/chaos-main.js [first] [count]`, or one with its log: `... <seed> 1 log`.
 * Prints the seeds that fail, with what was seen.
 */
import { chaosVerdict } from './chaos-checks.ts';

const [first = 1, count = 100] = process.argv.slice(2, 4).map(Number);
const withLog = process.argv.includes('log');
const withCodec = process.argv.includes('codec');
const begun = Date.now();
let failed = 0;
let sent = 0;
const healed: number[] = [];
for (let seed = first; seed < first + count; seed += 1) {
  const verdict = await chaosVerdict({ seed, withCodec });
  sent += verdict.sent;
  healed.push(verdict.healedMillis);
  if (verdict.problems.length > 0) failed += 1;
  if (withLog) console.log(verdict.log.join('\n'));
  for (const problem of verdict.problems.slice(0, 4)) console.log(`seed ${seed}: ${problem}`);
}
healed.sort((a, b) => a - b);
const [median = 0, late = 0, last = 0] = [0.5, 0.99, 1].map((share) => healed[Math.ceil(share * healed.length) - 1]);
console.log(`sight was right after ${median.toFixed(0)} ms (median), ${late.toFixed(0)} (99 of 100), ${last.toFixed(0)} (all)`);
console.log(`${count} seeds, ${failed} failed, ${sent} messages accepted, ${((Date.now() - begun) / 1000).toFixed(1)} s`);
