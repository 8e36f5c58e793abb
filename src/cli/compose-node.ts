import { chmodSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { UdpDatagrams } from '../adapters/beacon/udp-datagrams.ts';
import { CborFrameCodec } from '../adapters/codec/frame-codec.ts';
import { Argon2Deriver } from '../adapters/crypto/argon2.ts';
import { replaceFile } from '../adapters/files.ts';
import { lockFolder } from '../adapters/sqlite/folder-lock.ts';
import { nodeStoreKey, SqliteNodeStore } from '../adapters/sqlite/node-store.ts';
import type { RowCodec } from '../adapters/sqlite/sqlite-file.ts';
import { KnownSeedServers } from '../adapters/system/known-seed-servers.ts';
import { loadNodeKey, settleNodeKey } from '../adapters/system/node-key.ts';
import { runtimeFolder, socketPath } from '../adapters/system/runtime-folder.ts';
import { TraceFile } from '../adapters/system/trace-file.ts';
import { SystemUserFiles } from '../adapters/system/user-files.ts';
import { portOf } from '../adapters/zeromq/addresses.ts';
import type { Neighbourhood } from '../adapters/zeromq/neighbourhood.ts';
import { ZeroMqTransport } from '../adapters/zeromq/zeromq-transport.ts';
import { isAlive, type NodePointer } from '../control/locate.ts';
import type { NodeNameParts } from '../control/node-name.ts';
import type { Crypto } from '../core/capabilities.ts';
import { formatEndpoint } from '../core/endpoint.ts';
import { machineFaultsOf } from '../core/faults.ts';
import { type ChatNodeOptions, chatNode } from '../core/node.ts';
import type { NodeConduct } from '../lab/conducts.ts';
import type { LabEnv, LabProgram } from '../lab/program.ts';
import { type DriverEnd, type DriverParts, NodeDriver } from '../node/driver.ts';
import { DRIVER_OPTIONS } from '../node/driver-options.ts';
import { type NodeLog, openLog, type SharedLog } from '../node/log.ts';
import { MachineFaults } from '../node/machine-faults.ts';
import { type NodeHandle, type SufferedFaults, startNodeService } from '../node/service.ts';
import type { SharedControl } from '../node/shared-control.ts';
import type { KeyDeriver, SeedClient, SignatureChecker } from '../ports/ports.ts';
import { makeTools } from './compose-tools.ts';
import type { RunsWhat } from './input-file.ts';

/** A page cache of 4 MiB a file would be most of what a node needs, where hundreds of them share a process. */
const SHARED_CACHE_KIB = 256;

export interface LiveNodeOptions {
  readonly name: NodeNameParts;
  /** The node's folder; made when missing. */
  readonly folder: string;
  readonly settings: ChatNodeOptions;
  readonly seedUrl: string | null;
  /** 0 for a free one. */
  readonly port: number;
  /** IPv4 address of this machine at which the node is reached. */
  readonly interfaceAddress: string;
  readonly traceFile: string | null;
  /** False: frames are left out of the trace. */
  readonly traceFrames: boolean;
  /** Where all that reaches the node is written down for a replay; null: nowhere. */
  readonly recordFile: string | null;
  /** What it runs, by name, for whoever replays what is written down. */
  readonly runs: RunsWhat;
  /** A program that runs in place of the chat node. */
  readonly program?: (env: LabEnv) => LabProgram;
  /** What is wrong from the start on. */
  readonly faults: SufferedFaults | null;
  /** A chat node that does not play by the rules. */
  readonly conduct: NodeConduct | null;
  /** How the process was started, for whoever starts such a node again. */
  readonly started?: Pick<NodePointer, 'start' | 'conduct'>;
  /** Given when other nodes run in this process, too. */
  readonly shared?: SharedParts;
}

/** What nodes of one process have in common. */
export interface SharedParts {
  /** Remembers signatures that were found right: the same records come to all of them. */
  readonly crypto: Crypto & SignatureChecker;
  readonly log: SharedLog;
  readonly control: SharedControl;
  readonly keyDeriver: KeyDeriver;
  /** Nodes of the process reach each other without a detour through the system. */
  readonly neighbours: Neighbourhood;
}

export interface LiveNode {
  readonly driver: NodeDriver;
  readonly log: NodeLog;
  readonly socket: string;
  /** `tcp://127.0.0.1:40123#KEY` */
  readonly endpoint: string;
  /** Settles when all is closed. */
  readonly ended: Promise<DriverEnd>;
}

/** Puts a live node together and starts it. Rejects with `folder-locked`, `folder-unwritable` or `port-taken`, leaving nothing open. */
export async function startLiveNode(options: LiveNodeOptions): Promise<LiveNode> {
  const closers: Array<() => unknown> = [];
  const closeAll = async () => {
    for (const close of closers.splice(0).reverse()) await close();
  };
  try {
    return await assemble(options, closers, closeAll);
  } catch (error) {
    await closeAll();
    throw error;
  }
}

async function assemble(options: LiveNodeOptions, closers: Array<() => unknown>, closeAll: () => Promise<void>): Promise<LiveNode> {
  const { name, folder, shared } = options;
  const lock = lockFolder(folder);
  closers.push(() => lock.release());
  // A folder that was made by hand or copied may be open to others.
  chmodSync(folder, 0o700);
  const log = shared?.log.of(name.node) ?? openLog(join(folder, 'node.log'), name.node);
  closers.push(() => log.close());
  const onSetAside = (file: string, reason: string) => log.error({ file, reason }, 'a damaged file was set aside');
  const tools = shared === undefined ? makeTools() : { ...makeTools(), crypto: shared.crypto, signatureChecker: shared.crypto };
  const { keys, created } = loadNodeKey(folder, tools.random, onSetAside);
  await settleNodeKey(folder);
  const store = openStore(options, nodeStoreKey(tools.crypto, keys), tools.codec, onSetAside);
  closers.push(() => store.close());
  const traceSink = options.traceFile === null ? null : new TraceFile(options.traceFile);
  if (traceSink !== null) closers.push(() => traceSink.close());
  const transport = new ZeroMqTransport({
    listen: `tcp://${options.interfaceAddress}:${options.port}`,
    portBefore: readPort(portFileOf(folder)),
    agreementSeed: keys.agreementSeed,
    crypto: tools.crypto,
    ...(shared === undefined ? {} : { neighbours: shared.neighbours }),
  });
  closers.push(() => transport.stop());
  const datagrams = new UdpDatagrams({ interfaceAddress: options.interfaceAddress, shared: options.settings.beacon === true });
  closers.push(() => datagrams.stop());
  const faults = new MachineFaults(() => tools.clock.monotonicMillis(), options.faults === null ? undefined : machineFaultsOf(options.faults));
  const run = 1 + Math.floor(tools.random.fraction() * (2 ** 48 - 2 ** 16));
  const parts = {
    ...tools,
    clock: faults.clock(tools.clock),
    name: name.node,
    store: faults.store(store),
    // A record ends with the commit that it does not know the end of, so with one each turn waits.
    settling: options.recordFile === null ? store : null,
    waiting: shared === undefined ? DRIVER_OPTIONS.waiting : DRIVER_OPTIONS.waitingShared,
    nodeKeys: keys,
    run,
    transport,
    datagrams,
    frames: new CborFrameCodec(tools.codec),
    keyDeriver: shared?.keyDeriver ?? new Argon2Deriver(),
    userFiles: new SystemUserFiles(),
    seedClient: options.seedUrl === null ? null : await makeSeedClient(options.seedUrl, folder, tools.crypto, log),
    traceSink: traceSink === null ? null : { ...faults.traceSink(traceSink), frames: options.traceFrames },
    log,
  };
  const driver = await makeDriver(options, parts);
  closers.push(() => driver.stop());
  if (options.faults !== null && options.faults.rules.length > 0) driver.setRules(options.faults.rules);
  await driver.start();
  const endpoint = formatEndpoint(driver.endpoint);
  replaceFile(portFileOf(folder), Buffer.from(`${portOf(driver.endpoint.address)}\n`));
  const socket = shared?.control.addressOf(name.node) ?? makeSocketPath();
  const service = await startNodeService({
    driver,
    node: name.node,
    folder,
    socketPath: socket,
    endpoint,
    run,
    faults,
    orderFault: orderFaultFrom(folder, name.node),
    log,
    ...(options.started === undefined ? {} : { started: options.started }),
    ...(shared === undefined ? {} : { join: (handle: NodeHandle) => shared.control.join(name.node, handle) }),
  });
  log.info({ endpoint, run, created, seed: options.seedUrl, network: options.settings.network }, 'started');
  return { driver, log, socket, endpoint, ended: closed(service.ended, log, closeAll) };
}

/** What few nodes need is loaded where it is asked for: a node keeps what it has loaded for as long as it runs. */
async function makeDriver({ program, settings, conduct, recordFile, runs }: LiveNodeOptions, parts: DriverParts): Promise<NodeDriver> {
  const recorder = recordFile === null ? {} : { recorder: (await import('./input-file.ts')).recordInputs(recordFile, parts, { settings, runs }) };
  const chat = conduct ?? chatNode;
  if (program === undefined) return new NodeDriver({ ...parts, ...recorder }, (env) => chat(env, settings));
  const { labNode } = await import('../lab/lab-node.ts');
  return new NodeDriver({ ...parts, ...recorder }, (env) => labNode(env, settings.network, program));
}

async function closed(ended: Promise<DriverEnd>, log: NodeLog, closeAll: () => Promise<void>): Promise<DriverEnd> {
  const end = await ended;
  log.info({ end }, 'ended');
  await closeAll();
  return end;
}

function openStore(
  { folder, shared }: LiveNodeOptions,
  nodeKey: Uint8Array,
  codec: RowCodec,
  onSetAside: (file: string, reason: string) => void,
): SqliteNodeStore {
  return new SqliteNodeStore({ folder, nodeKey, codec, onSetAside, ...(shared === undefined ? {} : { cacheKib: SHARED_CACHE_KIB }) });
}

function portFileOf(folder: string): string {
  return join(folder, 'port');
}

/** The port of the last run, so that peers who remember it find this node again without any server; 0 when there is none. */
function readPort(file: string): number {
  try {
    const port = Number(readFileSync(file, 'utf8'));
    return Number.isInteger(port) && port > 0 && port < 65_536 ? port : 0;
  } catch {
    return 0;
  }
}

/** Sockets are named after their process, so that those of killed ones can be told and cleared away. */
export function makeSocketPath(): string {
  const folder = runtimeFolder();
  for (const name of readdirSync(folder)) {
    const pid = Number(/^n(\d+)-/.exec(name)?.[1] ?? process.pid);
    if (!isAlive(pid)) rmSync(join(folder, name), { force: true });
  }
  return socketPath(folder, `n${process.pid}`);
}

/** Loaded when it is wanted first. */
function orderFaultFrom(folder: string, node: string): (words: string) => Promise<readonly string[]> {
  return async (words) => {
    const { faultFromNode } = await import('./fault-at-node.ts');
    return faultFromNode(dirname(dirname(folder)), node, words);
  };
}

/** Not loaded where there is no seed server to be asked. */
async function makeSeedClient(url: string, folder: string, crypto: Crypto, log: NodeLog): Promise<SeedClient> {
  const { HttpSeedClient } = await import('../adapters/seed-http/seed-client.ts');
  return new HttpSeedClient({ url, crypto, known: new KnownSeedServers(folder), onImpostor: (reason) => log.warn({ reason }, 'the seed server') });
}
