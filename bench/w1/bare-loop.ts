import { gap, Mulberry32, mix32, placeOf, saltOf } from '../../examples/bare-chord/identifiers.ts';
import { CalendarQueue } from './calendar-queue.ts';
import { MESSAGE_MILLIS, rightSuccessors, startMillis, type WorkloadCounts, type WorkloadSettings } from './workload.ts';

/** What happens, as numbers: a finger question carries its finger above these bits. */
const START = 0;
const FIND = 1;
const FOUND = 2;
const ASK_PREDECESSOR = 3;
const PREDECESSOR = 4;
const NOTIFY = 5;
const PING = 6;
const PONG = 7;
const TIMER_JOIN = 8;
const TIMER_STABILISE = 9;
const TIMER_FIX = 10;
const TIMER_CHECK = 11;
const TIMER_LOOK_UP = 12;
const KIND_BITS = 4;
const KIND_MASK = 15;
const GOAL_JOIN = 32;
const GOAL_LOOK_UP = 0;
const NOBODY = -1;
const FINGERS = 31;

/**
 * W1 with nothing between its parts: the yardstick for what an interface, fault rules and names cost. One function on purpose:
 * every array is a local constant, which is the fastest that a JavaScript engine offers.
 */
export function playBareLoop(settings: WorkloadSettings): WorkloadCounts {
  const { nodes, seed } = settings;
  const salt = saltOf(seed);
  const delay = MESSAGE_MILLIS / 1_000;
  const place = Int32Array.from({ length: nodes }, (_, node) => placeOf(node, salt));
  const successor = Int32Array.from({ length: nodes }, (_, node) => node);
  const reach = new Uint32Array(nodes).fill(gap(0, 0));
  const predecessor = new Int32Array(nodes).fill(NOBODY);
  const joined = new Uint8Array(nodes);
  const fingers = new Int32Array(nodes * 32);
  const known = new Int32Array(nodes);
  const near = new Int32Array(nodes);
  const nextFinger = new Uint8Array(nodes).fill(1);
  const random = Array.from({ length: nodes }, (_, node) => new Mulberry32(mix32(Math.imul(node, 2_654_435_761) ^ seed ^ 0x5bd1e995)));
  const queue = new CalendarQueue(1 << 20, Math.max(2_000, nodes * 4));
  let messages = 0;
  let timers = 0;
  let lookups = 0;
  let lookupHops = 0;
  let now = 0;

  const send = (to: number, what: number, key: number, node: number, hops: number): void => queue.push(now + delay, what, to, key, node, hops);
  const timer = (node: number, what: number, seconds: number): void => queue.push(now + seconds, what, node, 0, 0, 0);
  const closestBefore = (node: number, key: number): number => {
    const own = place[node] as number;
    const limit = gap(own, key);
    let candidates = (known[node] as number) & ((-1 >>> Math.clz32(key - own)) | (near[node] as number));
    while (candidates !== 0) {
      const finger = 31 - Math.clz32(candidates);
      const address = fingers[node * 32 + finger] as number;
      if (gap(own, place[address] as number) < limit) return address;
      candidates &= ~(1 << finger);
    }
    return successor[node] as number;
  };
  const setFinger = (node: number, finger: number, address: number): void => {
    const distance = ((place[address] as number) - (place[node] as number)) >>> 0;
    const bit = 1 << finger;
    fingers[node * 32 + finger] = address;
    known[node] = distance === 0 ? (known[node] as number) & ~bit : (known[node] as number) | bit;
    near[node] = distance < bit >>> 0 ? (near[node] as number) | bit : (near[node] as number) & ~bit;
  };
  const follow = (node: number, next: number): void => {
    successor[node] = next;
    reach[node] = gap(place[node] as number, place[next] as number);
  };
  const enter = (node: number): void => {
    joined[node] = 1;
    const own = random[node] as Mulberry32;
    timer(node, TIMER_STABILISE, 0);
    timer(node, TIMER_FIX, 10 * own.fraction());
    timer(node, TIMER_CHECK, 120 * own.fraction());
    timer(node, TIMER_LOOK_UP, 10 * own.fraction());
  };
  const askToJoin = (node: number): void => {
    const known = node < 4 ? 0 : Math.trunc((random[node] as Mulberry32).fraction() * Math.trunc(node / 2));
    timer(node, TIMER_JOIN, 10);
    send(known, FIND | (GOAL_JOIN << KIND_BITS), place[node] as number, node, 0);
  };
  const ask = (node: number, key: number, goal: number): void => send(closestBefore(node, key), FIND | (goal << KIND_BITS), key, node, 1);
  const fix = (node: number): void => {
    for (let tries = 0; tries < FINGERS; tries += 1) {
      const finger = nextFinger[node] as number;
      nextFinger[node] = finger === FINGERS ? 1 : finger + 1;
      const begin = ((place[node] as number) + (1 << finger)) | 0;
      if (gap(place[node] as number, begin) > (reach[node] as number)) return ask(node, begin, finger);
      setFinger(node, finger, successor[node] as number);
    }
  };
  const found = (node: number, goal: number, owner: number, hops: number): void => {
    if (goal === GOAL_LOOK_UP) {
      lookups += 1;
      lookupHops += hops;
    } else if (goal !== GOAL_JOIN) setFinger(node, goal, owner);
    else if (joined[node] === 0) {
      follow(node, owner);
      enter(node);
    }
  };
  const learn = (node: number, told: number): void => {
    if (told !== NOBODY && gap(place[node] as number, place[told] as number) < (reach[node] as number)) {
      follow(node, told);
      send(told, ASK_PREDECESSOR, 0, node, 0);
    } else send(successor[node] as number, NOTIFY, 0, node, 0);
  };
  const consider = (node: number, other: number): void => {
    const before = predecessor[node] as number;
    if (other === node) return;
    const from = place[before] as number;
    if (before === NOBODY || gap(from, place[other] as number) < gap(from, place[node] as number)) predecessor[node] = other;
  };
  const stabilise = (node: number): void => {
    timer(node, TIMER_STABILISE, 20);
    if (successor[node] === node && predecessor[node] !== NOBODY) follow(node, predecessor[node] as number);
    if (successor[node] !== node) send(successor[node] as number, ASK_PREDECESSOR, 0, node, 0);
  };

  for (let node = 0; node < nodes; node += 1) queue.push(startMillis(node, settings) / 1_000, START, node, 0, 0, 0);
  const end = settings.durationMillis / 1_000;
  for (;;) {
    const slot = queue.pop();
    if (slot < 0 || (queue.time[slot] as number) > end) break;
    now = queue.time[slot] as number;
    const what = queue.what[slot] as number;
    const to = queue.target[slot] as number;
    const key = queue.key[slot] as number;
    const from = queue.node[slot] as number;
    const hops = queue.hops[slot] as number;
    const kind = what & KIND_MASK;
    if (kind >= TIMER_JOIN) {
      if (kind === TIMER_JOIN && joined[to] === 1) continue;
      timers += 1;
    } else if (kind !== START) messages += 1;
    switch (kind) {
      case START:
        if (to === 0) enter(to);
        else askToJoin(to);
        break;
      case FIND:
        if (joined[to] === 0) break;
        if (gap(place[to] as number, key) <= (reach[to] as number)) send(from, what - FIND + FOUND, 0, successor[to] as number, hops);
        else send(closestBefore(to, key), what, key, from, hops + 1);
        break;
      case FOUND:
        found(to, what >> KIND_BITS, from, hops);
        break;
      case ASK_PREDECESSOR:
        send(from, PREDECESSOR, 0, predecessor[to] as number, 0);
        break;
      case PREDECESSOR:
        learn(to, from);
        break;
      case NOTIFY:
        consider(to, from);
        break;
      case PING:
        send(from, PONG, 0, to, 0);
        break;
      case TIMER_JOIN:
        askToJoin(to);
        break;
      case TIMER_STABILISE:
        stabilise(to);
        break;
      case TIMER_FIX:
        timer(to, TIMER_FIX, 10);
        fix(to);
        break;
      case TIMER_CHECK:
        timer(to, TIMER_CHECK, 120);
        if (predecessor[to] !== NOBODY) send(predecessor[to] as number, PING, 0, to, 0);
        break;
      case TIMER_LOOK_UP: {
        timer(to, TIMER_LOOK_UP, 10);
        const key = (random[to] as Mulberry32).next();
        if (gap(place[to] as number, key) > (reach[to] as number)) ask(to, key, GOAL_LOOK_UP);
        break;
      }
    }
  }
  return { messages, timers, lookups, hops: lookupHops, rightSuccessors: rightSuccessors(successor, seed) };
}
