import type { Benchmark } from './benchmark.ts';
import { messages } from './messages.ts';

/** In the order of the table. */
export const BENCHMARKS: readonly Benchmark[] = [messages];
