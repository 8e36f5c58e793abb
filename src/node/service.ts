import { type NodePointer, removePointer, writePointer } from '../control/locate.ts';
import { startControlServer } from '../control/server.ts';
import type { CommandResult } from '../core/env.ts';
import type { MachineFaultSettings } from '../core/faults.ts';
import type { Rule } from '../core/rules.ts';
import type { DriverEnd, NodeDriver } from './driver.ts';
import type { NodeLog } from './log.ts';
import type { MachineFaults } from './machine-faults.ts';

export interface NodeServiceOptions {
  readonly driver: NodeDriver;
  readonly node: string;
  readonly folder: string;
  readonly socketPath: string;
  /** `tcp://127.0.0.1:40123#KEY` */
  readonly endpoint: string;
  readonly run: number;
  readonly faults: MachineFaults;
  /** Does an order like those of `confab fault`; gives lines for people, rejects with ConfabError. */
  readonly orderFault: (words: string) => Promise<readonly string[]>;
  readonly log: NodeLog;
  /** How this node was started, for its pointer. */
  readonly started?: Pick<NodePointer, 'start' | 'conduct'>;
  /** Given where several nodes share one control socket: takes this one in. */
  readonly join?: (handle: NodeHandle) => NodeControl;
}

export type NodeHandle = (command: string, args: Readonly<Record<string, unknown>>) => Promise<CommandResult>;

/** The part of a control server that belongs to one node. */
export interface NodeControl {
  readonly clientCount: number;
  broadcast(event: unknown): void;
  stop(): Promise<void>;
}

/** What `ping` answers: facts of the process, for `confab ps` and the lab. */
export interface Pong {
  readonly node: string;
  readonly pid: number;
  readonly run: number;
  readonly uptimeMillis: number;
  readonly residentBytes: number;
  /** Processor time used since the start, ms. */
  readonly processorMillis: number;
  readonly clients: number;
  readonly rules: number;
  readonly counters: Readonly<Record<string, number>>;
}

/** What `faults` answers. */
export interface SufferedFaults extends MachineFaultSettings {
  readonly rules: readonly Rule[];
}

export interface NodeService {
  /** Ends the node in order, its control interface last. Idempotent. */
  stop(): Promise<DriverEnd>;
  /** Settles when everything is closed and the pointer is gone. */
  readonly ended: Promise<DriverEnd>;
}

/** Opens the control interface of a started driver and says in the node's folder where it is. */
export async function startNodeService(options: NodeServiceOptions): Promise<NodeService> {
  const { driver, log, folder } = options;
  const startedMillis = Date.now();
  const handle: NodeHandle = async (command, args) => {
    switch (command) {
      case 'ping':
        return { ok: true, value: pong(options, server, startedMillis) };
      case 'set-rules':
        driver.setRules(args['rules'] as readonly Rule[]);
        return { ok: true, value: { rules: driver.rules.length } };
      case 'fault':
        return { ok: true, value: { lines: await options.orderFault((args['words'] as string | undefined) ?? '') } };
      case 'set-faults':
        options.faults.set(args as unknown as MachineFaultSettings);
        log.warn({ ...args }, 'faults were set');
        return { ok: true, value: {} };
      case 'faults':
        return { ok: true, value: { rules: driver.rules, ...options.faults.settings } satisfies SufferedFaults };
      case 'stop':
        log.info({}, 'asked to stop');
        // The answer leaves before the interface closes: the server lets the last lines out.
        setImmediate(() => void driver.stop());
        return { ok: true, value: {} };
      default:
        return await driver.command(command, args);
    }
  };
  const onDropped = (reason: string) => log.warn({ reason }, 'a client of the control interface was dropped');
  const server: NodeControl = options.join?.(handle) ?? (await startControlServer({ socketPath: options.socketPath, handle, onDropped }));
  driver.onEvent((event) => {
    server.broadcast(event);
    logEvent(log, event);
  });
  const shares = options.join !== undefined;
  await writePointer(folder, {
    socket: options.socketPath,
    pid: process.pid,
    endpoint: options.endpoint,
    run: options.run,
    startedMillis,
    shares,
    ...options.started,
  });
  const ended = driver.ended.then(async (end) => {
    await server.stop();
    await removePointer(folder, process.pid);
    return end;
  });
  return {
    ended,
    stop: async () => {
      await driver.stop();
      return await ended;
    },
  };
}

function pong(options: NodeServiceOptions, server: NodeControl, startedMillis: number): Pong {
  const usage = process.cpuUsage();
  return {
    node: options.node,
    pid: process.pid,
    run: options.run,
    uptimeMillis: Date.now() - startedMillis,
    residentBytes: process.memoryUsage.rss(),
    processorMillis: (usage.user + usage.system) / 1000,
    clients: server.clientCount,
    rules: options.driver.rules.length,
    counters: options.driver.counters,
  };
}

/** Events that an operator wants to find later; those that carry texts are left out. */
function logEvent(log: NodeLog, event: unknown): void {
  if (typeof event !== 'object' || event === null || !('type' in event)) return;
  const fields = event as { readonly type: unknown; readonly user?: unknown; readonly level?: unknown; readonly text?: unknown };
  switch (fields.type) {
    case 'logged-in':
    case 'logged-out':
    case 'user-deleted':
      log.info({ user: fields.user }, String(fields.type));
      break;
    case 'notice':
      if (fields.level !== 'info') log.warn({ notice: fields.text }, 'notice');
      break;
    default:
      break;
  }
}
