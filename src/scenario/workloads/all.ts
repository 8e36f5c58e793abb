import { DIRECT_MESSAGES } from './direct-messages.ts';
import { FRIEND_REQUESTS } from './friend-requests.ts';
import { LOOKUPS } from './lookups.ts';
import { STORE_FETCH } from './store-fetch.ts';
import type { Workload } from './workload.ts';

export const WORKLOADS: ReadonlyMap<string, Workload> = new Map([DIRECT_MESSAGES, FRIEND_REQUESTS, LOOKUPS, STORE_FETCH].map((each) => [each.name, each]));
