import type { BenchOptions, Figure } from './benchmark.ts';
import type { LargeHeapMessage, LargeSimulation } from './large-heap.ts';
import { measureRoom } from './rooms.ts';
import { measureCrowdLife, measureLife } from './sim-life.ts';
import { measureChatNodes } from './simulator.ts';

/** The process of its own in which a large simulation is measured; ends with its parent. */
process.title = 'confab bench simulation';
process.on('disconnect', () => process.exit(0));
const MEASURES: Readonly<Record<LargeSimulation, (count: number, options: BenchOptions) => Promise<readonly Figure[]>>> = {
  'chat-nodes': measureChatNodes,
  room: measureRoom,
  life: measureLife,
  'crowd-life': measureCrowdLife,
};
const tell = (message: LargeHeapMessage) => void process.send?.(message);
try {
  const [what, count, quick] = process.argv.slice(2);
  const options = { quick: quick === 'true', run: 1, say: (text: string) => tell({ type: 'said', text }) };
  const figures = await MEASURES[what as LargeSimulation](Number(count), options);
  tell({ type: 'measured', figures });
} catch (error) {
  tell({ type: 'broke', reason: error instanceof Error ? error.message : String(error) });
}
process.disconnect?.();
