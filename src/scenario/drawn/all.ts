import type { AnyDrawnGroup } from './drawn-group.ts';
import { NEMESIS } from './nemesis.ts';

/** Steps that stand for others which are drawn when the file is read. A new one is one file and one line here. */
export const DRAWN_GROUPS: ReadonlyMap<string, AnyDrawnGroup> = new Map([NEMESIS].map((group) => [group.name, group]));
