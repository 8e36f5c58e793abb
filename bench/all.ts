import type { Benchmark } from './benchmark.ts';
import { chord2001 } from './chord-2001.ts';
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
import { ringHealing } from './ring/healing.ts';
import { ringLive } from './ring/live.ts';
import { ringChurn, ringHops } from './ring/look-ups.ts';
import { ringKeys, ringStrict } from './ring/proof.ts';
import { ROOMS } from './rooms.ts';
import { LIVES } from './sim-life.ts';
import { SIMULATOR } from './simulator.ts';
import { start } from './start.ts';
import { swim } from './swim.ts';
import { takeover } from './takeover.ts';
import { largestRing } from './w1/largest-ring.ts';
import { RING_ROWS } from './w1/ring-rows.ts';
import { W1_ROWS } from './w1/w1-rows.ts';

/** In the order of the table. */
export const BENCHMARKS: readonly Benchmark[] = [
  start,
  idle,
  messages,
  files,
  encryption,
  offlineMail,
  takeover,
  ringLive,
  ringHops,
  ringChurn,
  ringHealing,
  ringStrict,
  ringKeys,
  swim,
  presence,
  registrations,
  ...JOINS,
  fiftyUsers,
  largeRoom,
  ...ROOMS,
  ...PACKED,
  ...SIMULATOR,
  ...LIVES,
  ...W1_ROWS,
  ...RING_ROWS,
  largestRing,
  explore,
  chord2001,
];
