import type { LargeHeapMessage } from './large-heap.ts';
import { measureRoom } from './rooms.ts';
import { measureChatNodes } from './simulator.ts';

/** The process of its own in which a large simulation is measured; ends with its parent. */
process.title = 'confab bench simulation';
process.on('disconnect', () => process.exit(0));
const tell = (message: LargeHeapMessage) => void process.send?.(message);
try {
  const [what, count, quick] = process.argv.slice(2);
  const options = { quick: quick === 'true', run: 1, say: (text: string) => tell({ type: 'said', text }) };
  const figures = what === 'room' ? await measureRoom(Number(count), options) : await measureChatNodes(Number(count), options);
  tell({ type: 'measured', figures });
} catch (error) {
  tell({ type: 'broke', reason: error instanceof Error ? error.message : String(error) });
}
process.disconnect?.();
