import { playBareLoop } from './bare-loop.ts';
import { differences, meanHops } from './check-values.ts';
import type { Assignment, ChildMessage } from './measured.ts';
import { playRing } from './ring-workload.ts';
import { playWorkload, type WorkloadCounts } from './workload.ts';

/** The process of its own in which one engine plays one workload; ends with its parent. */
process.title = 'confab bench workload';
process.on('disconnect', () => process.exit(0));

let traceEvents = 0;

/** Every event of the trace is built and handed over, in order; where it goes to is not part of what is measured. */
function play(assignment: Assignment): WorkloadCounts {
  if (assignment.engine === 'bare') return playBareLoop(assignment);
  const traceSink = () => {
    traceEvents += 1;
  };
  const options = assignment.traced ? { traceSink } : {};
  return assignment.workload === 'ring' && assignment.engine === 'confab' ? playRing(assignment, options) : playWorkload(assignment, options);
}

function measure(assignment: Assignment): ChildMessage {
  const { workload, engine, nodes, traced } = assignment;
  if (!(nodes > 1)) throw new Error(`${nodes} nodes are no ring.`);
  const processorBefore = process.cpuUsage();
  const startedMillis = performance.now();
  const counts = play(assignment);
  const wallMillis = performance.now() - startedMillis;
  const processor = process.cpuUsage(processorBefore);
  const wrong = workload === 'ring' && engine === 'confab' ? null : differences(assignment, counts);
  if (wrong !== null && wrong.length > 0) return { type: 'broke', reason: `${engine} does not give the check values: ${wrong.join('; ')}.` };
  const { messages, timers, lookups, hops, rightSuccessors } = counts;
  const measured = {
    workload,
    engine,
    nodes,
    messages,
    timers,
    lookups,
    meanHops: meanHops(hops, lookups),
    rightSuccessors,
    wallMillis: Math.round(wallMillis),
    processorMillis: Math.round((processor.user + processor.system) / 1_000),
    messagesPerSecond: Math.round((messages * 1_000) / wallMillis),
    peakMemoryBytes: process.resourceUsage().maxRSS * 1_024,
    traced,
    traceEvents,
    complete: true,
    asChecked: wrong === null ? null : true,
  };
  return { type: 'measured', measured };
}

try {
  process.send?.(measure(JSON.parse(process.argv[2] ?? '') as Assignment));
} catch (error) {
  process.send?.({ type: 'broke', reason: error instanceof Error ? error.message : String(error) } satisfies ChildMessage);
}
process.disconnect?.();
