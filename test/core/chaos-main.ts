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
for (let seed = first; seed < first + count; seed += 1) {
  const verdict = await chaosVerdict({ seed, withCodec });
  sent += verdict.sent;
  if (verdict.problems.length > 0) failed += 1;
  if (withLog) console.log(verdict.log.join('\n'));
  for (const problem of verdict.problems.slice(0, 4)) console.log(`seed ${seed}: ${problem}`);
}
console.log(`${count} seeds, ${failed} failed, ${sent} messages accepted, ${((Date.now() - begun) / 1000).toFixed(1)} s`);
