const defaults = {
  port: 5555,
  host: '127.0.0.1',
  bodyBytesMax: 262_144,
  /** Until the head of a request is complete / until all of it is, ms. */
  headersMillis: 5_000,
  requestMillis: 10_000,
  /** How often slow connections are looked for, ms. */
  connectionsCheckMillis: 500,
  /** Until a handler must have answered, ms. */
  handlerMillis: 10_000,
  /** An idle connection is kept for this long, ms. */
  keepAliveMillis: 30_000,
  connectionsMax: 4_096,
  /** Requests of one address in a minute. */
  requestsPerMinute: 60_000,
  /** What is under way when the server stops may take this long to end, ms. */
  stopMillis: 2_000,
  /** A log file that grows beyond this is renamed to `.old`, bytes. */
  logBytesMax: 4_194_304,
};

export type SeedHttpOptions = Readonly<typeof defaults>;

/** Limits of the HTTP side, with unit and default. Generous towards one address, since a whole network shares the loopback. */
export const SEED_HTTP_OPTIONS: SeedHttpOptions = Object.freeze(defaults);
