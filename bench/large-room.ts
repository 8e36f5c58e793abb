import { readFileSync } from 'node:fs';
import type { RoomMessageView, RoomView } from '../src/core/rooms/room-commands.ts';
import type { LocalEngine } from '../src/engine/local.ts';
import type { Pong } from '../src/node/service.ts';
import { type Benchmark, type BenchOptions, commandOf, type Figure } from './benchmark.ts';
import { PASSWORD, registerAll, startAll, until, withNetwork } from './live-network.ts';
import { quantile } from './statistics.ts';

const ROOM = 'archive';
const IN_FLIGHT = 64;
const PAGE = 50;
const PAGES = 200;
const SEARCHES = 40;
const SYNC_MILLIS_MAX = 300_000;
const COMMAND_MILLIS = 60_000;
const WORDS = ['amber', 'basil', 'cedar', 'dahlia', 'elder', 'fennel', 'gorse', 'heather', 'iris', 'juniper', 'kale', 'lavender', 'mint', 'nettle', 'olive'];

/** Real processes, stores sealed on disk: one member fills the room, another comes when it is full. */
export const largeRoom: Benchmark = {
  name: 'large-room',
  about: 'a room with 100,000 messages on real processes: to open it, scroll in it, search in it, and to fetch it as a late member',
  command: commandOf('large-room'),
  runsMax: 1,
  async measure(options: BenchOptions): Promise<readonly Figure[]> {
    const count = options.quick ? 10_000 : 100_000;
    return await withNetwork((engine) => measure(engine, count, options));
  },
};

async function measure(engine: LocalEngine, count: number, options: BenchOptions): Promise<readonly Figure[]> {
  await startAll(engine, ['alice', 'bob']);
  await registerAll(engine, ['alice', 'bob']);
  const { link } = (await engine.command('alice', 'room-create', { name: ROOM })) as RoomView;
  const startedMillis = performance.now();
  await fill(engine, count);
  const writeSeconds = (performance.now() - startedMillis) / 1_000;
  options.say(`${count} messages are written after ${writeSeconds.toFixed(1)} s`);
  const processorBefore = await processorSeconds(engine, 'bob');
  const syncSeconds = await join(engine, link, count);
  const processor = (await processorSeconds(engine, 'bob')) - processorBefore;
  options.say(`the late member has all of it after ${syncSeconds.toFixed(1)} s`);
  const openMillis = await open(engine, 'bob');
  const scroll = await scrolled(engine, 'bob');
  const search = await searched(engine, 'bob', count);
  const what = `room with ${count.toLocaleString('en')} messages`;
  return [
    { row: `${what}, written by one member, 64 in flight`, value: count / writeSeconds, unit: '/s' },
    { row: `${what}, a late member has it all`, value: syncSeconds, unit: 's', aim: 'under 20 s' },
    { row: `${what}, processor time of the late member for that`, value: processor, unit: 's' },
    { row: `${what}, login and first page after a restart`, value: openMillis.withLogin, unit: 'ms' },
    { row: `${what}, opens, its first page after that`, value: openMillis.page, unit: 'ms', aim: 'under 300 ms' },
    { row: `${what}, one more page of ${PAGE} while scrolling up, p50`, value: quantile(scroll, 0.5), unit: 'ms' },
    { row: `${what}, one more page of ${PAGE} while scrolling up, p99`, value: quantile(scroll, 0.99), unit: 'ms' },
    { row: `${what}, search, p50`, value: quantile(search, 0.5), unit: 'ms', aim: 'under 50 ms' },
    { row: `${what}, search, the slowest of ${SEARCHES}`, value: Math.max(...search), unit: 'ms', aim: 'under 50 ms' },
  ];
}

/** User and system time of a node's process so far, s; of Linux, which counts it in hundredths. */
async function processorSeconds(engine: LocalEngine, node: string): Promise<number> {
  const { pid } = (await engine.command(node, 'ping', {}, COMMAND_MILLIS)) as Pong;
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

function textOf(index: number): string {
  const word = (step: number): string => WORDS[Math.floor(index / step) % WORDS.length] as string;
  return `${index} ${word(1)} ${word(15)} ${word(225)} ${word(3_375)}`;
}

async function fill(engine: LocalEngine, count: number): Promise<void> {
  let next = 0;
  const writer = async (): Promise<void> => {
    for (let index = next++; index < count; index = next++) {
      await engine.command('alice', 'room-send', { room: ROOM, text: textOf(index) }, COMMAND_MILLIS);
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, writer));
}

/** From the command until the last line is readable, s. */
async function join(engine: LocalEngine, link: string, count: number): Promise<number> {
  const startedMillis = performance.now();
  await engine.command('bob', 'room-join', { room: link }, COMMAND_MILLIS);
  await until(engine, 'the late member has it all', async () => await hasAll(engine, count), SYNC_MILLIS_MAX);
  return (performance.now() - startedMillis) / 1_000;
}

async function hasAll(engine: LocalEngine, count: number): Promise<boolean> {
  const { messages } = (await engine.command('bob', 'room', { room: ROOM }, COMMAND_MILLIS)) as { messages: number };
  return messages === count;
}

/** A node that is started anew: what the first page takes. */
async function open(engine: LocalEngine, node: string): Promise<{ withLogin: number; page: number }> {
  await engine.stopNode(node);
  await engine.startNode(node);
  const startedMillis = performance.now();
  await engine.command(node, 'login', { password: PASSWORD }, COMMAND_MILLIS);
  await page(engine, node);
  const withLogin = performance.now() - startedMillis;
  const pageMillis = performance.now();
  await page(engine, node);
  return { withLogin, page: performance.now() - pageMillis };
}

async function page(engine: LocalEngine, node: string, before?: string): Promise<readonly RoomMessageView[]> {
  const more = before === undefined ? {} : { before };
  const { messages } = (await engine.command(node, 'room-history', { room: ROOM, limit: PAGE, ...more }, COMMAND_MILLIS)) as {
    messages: readonly RoomMessageView[];
  };
  return messages;
}

async function scrolled(engine: LocalEngine, node: string): Promise<number[]> {
  const tookMillis: number[] = [];
  let before: string | undefined;
  for (let count = 0; count < PAGES; count += 1) {
    const startedMillis = performance.now();
    const messages = await page(engine, node, before);
    tookMillis.push(performance.now() - startedMillis);
    before = messages[0]?.key;
  }
  return tookMillis;
}

/** Words that many lines have, numbers that one has, and what none has. */
async function searched(engine: LocalEngine, node: string, count: number): Promise<number[]> {
  const tookMillis: number[] = [];
  for (let index = 0; index < SEARCHES; index += 1) {
    const place = Math.floor((index * count) / SEARCHES);
    const query = index % 4 === 0 ? (WORDS[index % WORDS.length] as string) : index % 4 === 1 ? `nothing${index}` : textOf(place);
    const startedMillis = performance.now();
    const { messages } = (await engine.command(node, 'room-search', { room: ROOM, query }, COMMAND_MILLIS)) as { messages: readonly RoomMessageView[] };
    tookMillis.push(performance.now() - startedMillis);
    const found = messages.length > 0;
    if (found === (index % 4 === 1)) throw new Error(`a search for ${query} found ${messages.length} lines`);
  }
  return tookMillis;
}
