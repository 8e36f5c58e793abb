/** Plays many lives: `node dist/test/session/takeover-life-main.js [first] [count] [log] [codec]`; prints the seeds that fail. */
import { takeoverLife } from './takeover-life.ts';

const [first = 1, count = 100] = process.argv.slice(2, 4).map(Number);
let failed = 0;
let logins = 0;
let messages = 0;
for (let seed = first; seed < first + count; seed += 1) {
  const verdict = await takeoverLife({ seed, withCodec: process.argv.includes('codec') });
  logins += verdict.logins;
  messages += verdict.messages;
  if (verdict.problems.length > 0) failed += 1;
  if (process.argv.includes('log')) console.log(verdict.log.join('\n'));
  for (const problem of verdict.problems.slice(0, 4)) console.log(`seed ${seed}: ${problem}`);
}
console.log(`${count} seeds, ${failed} failed, ${logins} logins, ${messages} messages accepted`);
