import { fileURLToPath } from 'node:url';
import { nodeFolder } from '../../control/locate.ts';
import { paceOf } from '../../engine/crowd-pace.ts';
import { stream } from '../../sim/random.ts';
import { runTerminal } from '../../tui/main.ts';
import { Bot } from '../bots/bot.ts';
import type { BotClock } from '../bots/bot-parts.ts';
import { personaOf } from '../bots/personas.ts';
import { obtainBotSecrets, writeBotSecrets } from '../bots/secrets.ts';
import type { CliContext } from '../context.ts';
import { Guide, listed } from './guide.ts';
import { UpNetwork } from './network.ts';

export interface UpOptions {
  readonly users: readonly string[];
  readonly bots: readonly string[];
  /** Whose terminal opens. */
  readonly me: string;
  readonly port: number;
  readonly beacon: boolean;
  readonly interfaceAddress: string;
  /** Nodes that share a process. */
  readonly perProcess: number;
  /** Of the bots' temper. */
  readonly seed: number | string;
}

/** More names than this are counted rather than listed. */
const NAMES_SHOWN_MAX = 12;
/** Friends of a bot among the other bots; even. */
const COMPANIONS_MAX = 6;
/** Where nothing is redrawn, whoever waits hears as often as this, ms. */
const PLAIN_LINE_MILLIS = 5_000;
const CLEAR_LINE = '\r\u001b[2K';
/** A terminal that was told to end restores itself within this time, ms. */
const RESTORE_MILLIS = 1_000;

/** Runs the network until its terminal is left; gives the exit status. */
export async function runUp(context: CliContext, options: UpOptions): Promise<number> {
  process.title = 'confab up';
  const interruption = watchInterruption();
  const line = progressLine(context);
  const guide = new Guide(options);
  let endedOutside = false;
  const network = new UpNetwork({
    root: context.root,
    users: options.users,
    port: options.port,
    beacon: options.beacon,
    interfaceAddress: options.interfaceAddress,
    perProcess: options.perProcess,
    coreOptions: paceOf(options.users.length, options.perProcess),
    mainPath: fileURLToPath(new URL('../main.js', import.meta.url)),
    progress: (upNow) => line.show(sayStarting(upNow, options.users.length)),
    endedOutside: () => {
      endedOutside = true;
      // The terminal listens to this signal and restores itself.
      process.emit('SIGTERM');
    },
  });
  const bots: Bot[] = [];
  let status = 0;
  let came = false;
  try {
    line.show('starting …');
    await Promise.race([network.start(), interruption.promise]);
    if (interruption.happened()) return 130;
    came = true;
    line.end(sayUp(options.users, network.seedUrl));
    for (const [index, name] of options.bots.entries()) bots.push(await startBot(context.root, { name, index, options, network, guide }));
    const terminal = runTerminal({
      connect: async () => guide.accompany(await network.attachOrStart(options.me)),
      user: options.me,
      input: process.stdin,
      output: process.stdout,
      plain: context.plain,
      env: process.env,
    });
    const ended = interruption.promise.then(() => {
      // Ctrl-C clears a line in a terminal that is attached to somebody else's node; here it ends the network, and the terminal with it.
      process.emit('SIGTERM');
      return new Promise<number>((resolve) => setTimeout(() => resolve(0), RESTORE_MILLIS).unref());
    });
    status = await Promise.race([terminal, ended]);
  } finally {
    for (const bot of bots) bot.stop();
    if (came) line.show('ending the network …');
    await network.stop();
    line.end(lastWords(came, endedOutside));
    interruption.release();
    process.stdin.pause();
  }
  return status;
}

/** Names while they can be read, else how many there are. */
export function sayStarting(upNow: readonly string[], users: number): string {
  return `starting: ${users <= NAMES_SHOWN_MAX ? upNow.join(', ') : `${upNow.length} of ${users + 1}, ${upNow.at(-1) ?? 'nobody'} last`} …`;
}

export function sayUp(users: readonly string[], seedUrl: string): string {
  const who = users.length <= NAMES_SHOWN_MAX ? listed(users) : `${users.length} nodes, ${users[0]} to ${users.at(-1)},`;
  return `${who} are up, and the seed server at ${seedUrl}.`;
}

/** Bots are friends with each other; in a crowd with those beside them in the list, as in a circle. */
export function companionsOf(bots: readonly string[], index: number): readonly string[] {
  const others = bots.filter((_, place) => place !== index);
  if (others.length <= COMPANIONS_MAX) return others;
  const steps = Array.from({ length: COMPANIONS_MAX / 2 }, (_, step) => step + 1);
  return steps.flatMap((step) => [bots[(index + step) % bots.length] as string, bots.at((index - step) % bots.length) as string]);
}

function lastWords(came: boolean, endedOutside: boolean): string {
  if (!came) return 'Nothing was started.';
  return endedOutside ? 'The network was ended from elsewhere.' : 'All nodes and the seed server have ended. What was said is kept for next time.';
}

async function startBot(
  root: string,
  { name, index, options, network, guide }: { name: string; index: number; options: UpOptions; network: UpNetwork; guide: Guide },
): Promise<Bot> {
  const folder = nodeFolder(root, name);
  const secrets = await obtainBotSecrets(folder);
  const random = stream(options.seed, 'bot', name);
  const bot = new Bot({
    persona: personaOf(name),
    companions: companionsOf(options.bots, index),
    invites: index === 0 ? options.me : null,
    invited: secrets.invited,
    onInvited: () => void writeBotSecrets(folder, { ...secrets, invited: true }).catch(() => {}),
    password: secrets.password,
    connect: () => network.attach(name),
    inTurn: (arrive) => network.join(arrive),
    clock: systemBotClock,
    random: () => random.fraction(),
    trouble: (sentence) => guide.notice(sentence),
  });
  bot.start();
  return bot;
}

const systemBotClock: BotClock = {
  nowMillis: () => Date.now(),
  text: () => new Date().toTimeString().slice(0, 5),
  after: (delayMillis, act) => {
    const timer = setTimeout(act, delayMillis);
    return () => clearTimeout(timer);
  },
};

/** One line that is redrawn in a terminal; where nothing is redrawn, a line now and then. */
function progressLine(context: CliContext): { show(text: string): void; end(text: string): void } {
  const redraws = !context.plain && process.env['TERM'] !== 'dumb';
  let dueMillis = performance.now() + PLAIN_LINE_MILLIS;
  return {
    show: (text) => {
      if (redraws) process.stdout.write(`${CLEAR_LINE}${text.slice(0, Math.max(20, (process.stdout.columns ?? 80) - 1))}`);
      else if (performance.now() >= dueMillis) {
        dueMillis = performance.now() + PLAIN_LINE_MILLIS;
        process.stdout.write(`${text}\n`);
      }
    },
    end: (text) => void process.stdout.write(`${redraws ? CLEAR_LINE : ''}${text}\n`),
  };
}

interface Interruption {
  readonly promise: Promise<void>;
  happened(): boolean;
  release(): void;
}

/** Ctrl-C while starting or ending, and signals from elsewhere at any time: the network ends in order; lifelines do the rest. */
function watchInterruption(): Interruption {
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  let happened = false;
  let tell: () => void = () => {};
  const promise = new Promise<void>((resolve) => {
    tell = resolve;
  });
  const interrupt = () => {
    happened = true;
    tell();
  };
  for (const signal of signals) process.on(signal, interrupt);
  return {
    promise,
    happened: () => happened,
    release: () => {
      for (const signal of signals) process.removeListener(signal, interrupt);
    },
  };
}
