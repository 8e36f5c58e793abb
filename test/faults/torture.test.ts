import test from 'ava';
import { temporaryFolder } from './network.ts';
import { torture } from './torture.ts';

test('seven seconds of kills, freezes, cuts and a seed server that comes and goes: nothing lost, doubled, disordered or claimed wrongly', async (t) => {
  t.timeout(120_000);
  const seed = 1 + (process.pid % 1_000);
  const { problems, accepted, faults } = await torture({ root: temporaryFolder(t), seed, millis: 7_000 });
  t.deepEqual(problems, [], `again: node dist/test/faults/torture-main.js --seed ${seed}`);
  t.true(accepted > 20);
  t.true(Object.keys(faults).length > 1);
});
