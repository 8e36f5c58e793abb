import { valuesLife } from './values-life.ts';

/** `node dist/test/values/values-life-main.js FIRST COUNT [log]` plays random lives and prints what is wrong. */
const [first = 1, count = 1] = process.argv.slice(2, 4).map(Number);
for (let seed = first; seed < first + count; seed += 1) {
  const { problems, log, writes } = await valuesLife({ seed });
  if (process.argv[4] === 'log') console.log(log.join('\n'));
  if (problems.length > 0 || process.argv[4] === 'log') console.log(`seed ${seed}: ${writes} values; ${problems.join('; ') || 'nothing wrong'}`);
}
