import { DIRECT_MESSAGES } from './direct-messages.ts';
import { FRIEND_REQUESTS } from './friend-requests.ts';
import { LOOKUPS } from './lookups.ts';
import { ROOMS } from './rooms.ts';
import { STORE_FETCH } from './store-fetch.ts';
import type { Workloads } from './workload.ts';

export const WORKLOADS: Workloads = new Map([DIRECT_MESSAGES, ROOMS, FRIEND_REQUESTS, LOOKUPS, STORE_FETCH].map((each) => [each.name, each]));
