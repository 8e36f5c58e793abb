/** Plays many lives: `node dist/test/files/file-life-main.js [first] [count] [log]`; prints the seeds that fail. */
import { fileLife } from './file-life.ts';

const [first = 1, count = 100] = process.argv.slice(2, 4).map(Number);
let failed = 0;
let files = 0;
let interrupted = 0;
for (let seed = first; seed < first + count; seed += 1) {
  const verdict = await fileLife({ seed });
  files += verdict.files;
  interrupted += verdict.interrupted;
  if (verdict.problems.length > 0) failed += 1;
  if (process.argv.includes('log')) console.log(verdict.log.join('\n'));
  for (const problem of verdict.problems.slice(0, 4)) console.log(`seed ${seed}: ${problem}`);
}
console.log(`${count} seeds, ${failed} failed, ${files} files, ${interrupted} transfers interrupted`);
