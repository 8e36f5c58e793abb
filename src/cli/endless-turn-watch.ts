import { Session, url } from 'node:inspector';
import { workerData } from 'node:worker_threads';
import type { Interrupted, WatchData } from './endless-turn.ts';
import { CELL, TurnWatch } from './turn-watch.ts';

const SECOND_MILLIS = 1_000;
/** For what the debugger is asked, ms. */
const ANSWER_MILLIS = 20_000;

const { cell, port, folder } = workerData as WatchData;

function watch(): void {
  const turns = new TurnWatch(cell);
  // Whoever looks at a program with a debugger may take all the time in the world.
  do Atomics.wait(cell, CELL.sleep, 0, SECOND_MILLIS);
  while (!turns.look() || url() !== undefined);
  interrupt();
}

function interrupt(): void {
  const session = new Session();
  session.connectToMainThread();
  let done = false;
  const end = (place: string | null) => {
    if (done) return;
    done = true;
    port.postMessage({ place, seconds: Atomics.load(cell, CELL.seconds) } satisfies Interrupted);
    Atomics.store(cell, CELL.interrupted, 1);
    session.post('Runtime.terminateExecution');
    session.post('Debugger.resume');
    // At once: a process that ends while somebody is connected says that it waits for a debugger.
    session.disconnect();
  };
  /** Of files beside the program, by the numbers that the debugger has for them. */
  const files = new Map<string, string>();
  session.on('Debugger.scriptParsed', ({ params }) => {
    if (params.url.startsWith(folder)) files.set(params.scriptId, decodeURI(params.url.slice(folder.length).replace(/\?.*$/, '')));
  });
  session.on('Debugger.paused', ({ params }) => {
    const frame = params.callFrames.find((each) => files.has(each.location.scriptId));
    if (frame === undefined) return end(null);
    const file = files.get(frame.location.scriptId);
    end(`${file}:${frame.location.lineNumber + 1}${frame.functionName === '' ? '' : `, in ${frame.functionName}`}`);
  });
  session.post('Debugger.enable');
  session.post('Debugger.pause');
  setTimeout(() => end(null), ANSWER_MILLIS);
}

watch();
