import { REAL } from '../ring/ring-world.ts';
import { churn } from './churn.ts';

/** Keys that churn loses, by hand: node dist/test/replication/measure.js [minutes] [nodes] [keys] [copies]. */
const [minutes = 60, nodes = 64, keys = 2_000, copies = 4] = process.argv.slice(2).map(Number);
const from = process.hrtime.bigint();
const outcome = churn({ seed: 1, nodes, keys, millis: minutes * 60_000, medianSessionMillis: 120_000, world: { detection: REAL, replication: { copies } } });
console.log(outcome, `${Number((process.hrtime.bigint() - from) / 1_000_000n)} ms`);
