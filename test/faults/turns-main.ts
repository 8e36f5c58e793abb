import { openStore, TURNS } from './turns.ts';

/** Program of a test: `<folder> <n>` writes the first n turns, and dies. */
const [folder = '', count = '0'] = process.argv.slice(2);
const store = openStore(folder);
for (const writes of TURNS.slice(0, Number(count))) {
  for (const [table, key] of writes) store.put(table, key, key);
  store.commit();
}
process.kill(process.pid, 'SIGKILL');
