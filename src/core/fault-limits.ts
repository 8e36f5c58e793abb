/** How far faults go, the same for scenarios, for orders and for what comes over a control socket: what is more is refused before anything happens. */

/** Longest time by which a rule delays everything, ms: an hour. Times that are drawn have a limit of their own (distributions.ts). */
export const DELAY_MILLIS_MAX = 3_600_000;

/** How far a wall clock may be off, ms (400,000 hours, some 45 years): nodes have no words for times before 1970. */
export const SKEW_MILLIS_MAX = 1_440_000_000_000;

/** What a clock gains or loses in a second at most, ms: one that loses all of it stands still. */
export const DRIFT_MILLIS_MAX = 1_000;

/** How many times slower a node is made at most. */
export const SLOW_FACTOR_MAX = 1_000;

/** Speeds of lines, bytes a second, and bytes that wait before them: at most. */
export const LINE_BYTES_MAX = 1_000_000_000_000;
/** What waits before a line where nobody says how much. */
export const QUEUE_BYTES_DEFAULT = 65_536;

/** Share of a measured time that is added by chance: where nobody says it, and at most. */
export const JITTER_SHARE_DEFAULT = 0.1;
export const JITTER_SHARE_MAX = 10;

/** Deviation of the logarithm of lognormal times, at most. */
export const SIGMA_MAX = 10;

/** Shape of Weibull and tail of Pareto times (`alpha`). */
export const SHAPE_MIN = 0.01;
export const SHAPE_MAX = 100;

/** Members that a group of a rule names at most. */
export const GROUP_NODES_MAX = 10_000;

/** What `heal` takes for all rules together, so that no rule may bear it as its name. */
export const EVERY_FAULT = 'everything';
