import { writeSync } from 'node:fs';
import { openStore } from './turns.ts';

/** Program of a test: `<folder> <n>` writes n turns of a user without waiting for the disk, says which ones are durable, and dies. */
const [folder = '', count = '0'] = process.argv.slice(2);
const store = openStore(folder);
store.unlock(new Uint8Array(32).fill(7));
store.commit();
store.settleLater = true;
let last = 0;
let underWay = false;

function settle(): void {
  if (underWay) return;
  underWay = true;
  const upTo = last;
  store.settle((failure) => {
    underWay = false;
    if (failure !== null) throw new Error(failure);
    writeSync(1, `${upTo}\n`);
    if (upTo < last) settle();
  });
}

function turn(): void {
  if (last === Number(count)) process.kill(process.pid, 'SIGKILL');
  last += 1;
  // Several pages each, so that a sync that came too late would be missed.
  for (let row = 0; row < 8; row += 1) store.put('messages', `${last}/${row}`, 'x'.repeat(500));
  store.commit();
  settle();
  setImmediate(turn);
}

turn();
