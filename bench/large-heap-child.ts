import type { LargeHeapMessage } from './large-heap.ts';
import { measureChatNodes } from './simulator.ts';

/** The process of its own in which a large simulation is measured; ends with its parent. */
process.title = 'confab bench simulation';
process.on('disconnect', () => process.exit(0));
const tell = (message: LargeHeapMessage) => void process.send?.(message);
try {
  const figures = await measureChatNodes(Number(process.argv[2]), { quick: process.argv[3] === 'true', run: 1, say: (text) => tell({ type: 'said', text }) });
  tell({ type: 'measured', figures });
} catch (error) {
  tell({ type: 'broke', reason: error instanceof Error ? error.message : String(error) });
}
process.disconnect?.();
