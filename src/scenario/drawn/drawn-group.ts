import type { Static, TSchema } from '@sinclair/typebox';
import type { RawStep } from '../random-steps.ts';
import type { Workloads } from '../workloads/workload.ts';

/**
 * A step that stands for others which are drawn from the seed when the file is read: the same seed, the same steps. They are
 * ordinary steps, so that a run that fails can be written out and made smaller.
 */
export interface DrawnGroup<Schema extends TSchema> {
  readonly name: string;
  readonly schema: Schema;
  /** What is wrong beyond the schema, or null. `own` are workloads that the file brings along. */
  readonly misfit?: (value: Static<Schema>, own: Workloads) => string | null;
  /** `place` is the number of the step: each draws for itself. */
  readonly draw: (value: Static<Schema>, seed: number, place: string, own?: Workloads) => RawStep[];
}

export const NO_WORKLOADS: Workloads = new Map();

export type AnyDrawnGroup = DrawnGroup<TSchema>;

export function drawnGroup<Schema extends TSchema>(group: DrawnGroup<Schema>): AnyDrawnGroup {
  return group as unknown as AnyDrawnGroup;
}

/** `1250ms`: a duration as files write it. */
export function written(millis: number): string {
  return `${Math.max(1, Math.round(millis))}ms`;
}
