import { CHURN } from './churn.ts';
import type { AnyDrawnGroup } from './drawn-group.ts';
import { NEMESIS } from './nemesis.ts';
import { WORKLOAD } from './workload-step.ts';

/** Steps that stand for others which are drawn when the file is read. A new one is one file and one line here. */
export const DRAWN_GROUPS: ReadonlyMap<string, AnyDrawnGroup> = new Map([NEMESIS, CHURN, WORKLOAD].map((group) => [group.name, group]));
