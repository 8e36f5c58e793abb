/** Plays many lives: `node dist/test/mail/mail-life-main.js [first] [count] [log]`; prints the seeds that fail. */
import { mailLife } from './mail-life.ts';

const [first = 1, count = 100] = process.argv.slice(2, 4).map(Number);
let failed = 0;
let messages = 0;
let held = 0;
let fetched = 0;
for (let seed = first; seed < first + count; seed += 1) {
  const verdict = await mailLife({ seed });
  messages += verdict.messages;
  held += verdict.held;
  fetched += verdict.fetched;
  if (verdict.problems.length > 0) failed += 1;
  if (process.argv.includes('log')) console.log(verdict.log.join('\n'));
  for (const problem of verdict.problems.slice(0, 4)) console.log(`seed ${seed}: ${problem}`);
}
console.log(`${count} seeds, ${failed} failed, ${messages} messages, ${held} of them held, ${fetched} fetched from mailboxes`);
