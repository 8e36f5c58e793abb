import type { Benchmark } from './benchmark.ts';
import { encryption } from './encryption.ts';
import { explore } from './explore.ts';
import { fiftyUsers } from './fifty-users.ts';
import { files } from './files.ts';
import { idle } from './idle.ts';
import { JOINS } from './join.ts';
import { largeRoom } from './large-room.ts';
import { messages } from './messages.ts';
import { offlineMail } from './offline-mail.ts';
import { PACKED } from './packed.ts';
import { presence } from './presence.ts';
import { registrations } from './registrations.ts';
import { LIVES } from './sim-life.ts';
import { SIMULATOR } from './simulator.ts';
import { start } from './start.ts';

/** In the order of the table. */
export const BENCHMARKS: readonly Benchmark[] = [
  start,
  idle,
  messages,
  files,
  encryption,
  offlineMail,
  presence,
  registrations,
  ...JOINS,
  fiftyUsers,
  largeRoom,
  ...PACKED,
  ...SIMULATOR,
  ...LIVES,
  explore,
];
