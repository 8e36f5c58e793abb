import type { FastifyInstance } from 'fastify';
import type { Codec, Crypto, Random } from '../core/capabilities.ts';
import { SeedDirectory } from '../core/directory/seed-directory.ts';
import { toBase64url } from '../core/directory/seed-json.ts';
import type { SeedOptions } from '../core/directory/seed-options.ts';
import { ConfabError } from '../core/errors.ts';
import type { Clock } from '../ports/ports.ts';
import { buildSeedApp } from './app.ts';
import { prepareSeedFolder, unwritable } from './folder.ts';
import { LogFile } from './log.ts';
import { SEED_HTTP_OPTIONS, type SeedHttpOptions } from './options.ts';
import { SeedService, type SeedServiceParts } from './service.ts';
import type { SeedStore } from './store.ts';

export interface SeedServerOptions {
  /** The data root; the server keeps everything in its `server_data/`. */
  readonly root: string;
  /** 0 for a free port. Default 5555. */
  readonly port?: number;
  /** Default 127.0.0.1. */
  readonly host?: string;
  readonly crypto: Crypto;
  readonly codec: Codec;
  readonly random: Random;
  readonly clock: Clock;
  /** Opens the store with the tables of SEED_TABLES in that file; tells of a damaged one that was set aside, which is logged. */
  readonly openStore: (file: string, onSetAside: (file: string, reason: string) => void) => SeedStore | Promise<SeedStore>;
  /** The secret of the server's key, 32 bytes, from its folder; tells of a damaged file that was set aside, which is logged. */
  readonly loadKey: (folder: string, onSetAside: (file: string, reason: string) => void) => Uint8Array;
  /** Keeps other processes out of the folder; rejects with `folder-locked`. */
  readonly lockFolder?: (folder: string) => FolderLock | Promise<FolderLock>;
  readonly directory?: Partial<SeedOptions>;
  /** See SeedServiceParts. */
  readonly conduct?: SeedServiceParts['conduct'];
  readonly http?: Partial<SeedHttpOptions>;
}

export interface FolderLock {
  release(): void | Promise<void>;
}

export interface SeedServer {
  /** `http://127.0.0.1:5555`, with the port that was really taken. */
  readonly url: string;
  readonly port: number;
  /** The public key that answers are signed by, as base64url: nodes that are given `url#key` believe nobody else. */
  readonly key: string;
  /** What its owner should know, in sentences: files that were damaged and set aside. */
  readonly notices: readonly string[];
  /** Ends what is under way (at most 2 s), commits, closes. Idempotent. */
  stop(): Promise<void>;
}

/**
 * Starts the seed server. Rejects with ConfabError `port-taken`, `folder-unwritable`, `folder-locked` or `bad-arguments`
 * (a host or port that cannot be listened on), and then leaves nothing open.
 */
export async function startSeedServer(options: SeedServerOptions): Promise<SeedServer> {
  const http: SeedHttpOptions = { ...SEED_HTTP_OPTIONS, ...options.http };
  const closers: Array<() => void | Promise<void>> = [];
  const closeAll = async (): Promise<void> => {
    for (const close of closers.splice(0).reverse()) await close();
  };
  try {
    const { app, service, notices, key } = await compose(options, http, closers);
    const port = await listen(app, options.port ?? http.port, options.host ?? http.host);
    const url = `http://${hostInUrl(options.host ?? http.host)}:${port}`;
    for (const notice of notices) app.log.warn(notice);
    app.log.info({ url }, 'listening');
    closers.push(() => service.flush());
    closers.push(() => closeApp(app, http.stopMillis));
    let stopping: Promise<void> | null = null;
    return {
      url,
      port,
      key,
      notices,
      stop: () => {
        stopping ??= closeAll();
        return stopping;
      },
    };
  } catch (error) {
    await closeAll();
    throw error;
  }
}

/** Each thing that was opened leaves in `closers` how to close it, so that teardown runs in reverse. */
async function compose(options: SeedServerOptions, http: SeedHttpOptions, closers: Array<() => void | Promise<void>>) {
  const { folder, database, log: logFile } = prepareSeedFolder(options.root);
  const lock = await options.lockFolder?.(folder);
  if (lock !== undefined) closers.push(() => lock.release());
  const log = openLog(logFile, http.logBytesMax);
  closers.push(() => log.close());
  const notices: string[] = [];
  const onSetAside = (file: string, reason: string): void => void notices.push(`${file} was set aside: ${reason}`);
  const store = await options.openStore(database, onSetAside);
  closers.push(() => store.close());
  const { crypto, codec, random, clock } = options;
  const directory = new SeedDirectory({ crypto, codec, random, store, ...(options.directory === undefined ? {} : { options: options.directory }) });
  const onStoreFailure = (reason: string): void => app.log.error({ reason }, 'the store could not write');
  const service = new SeedService({ directory, store, clock, onStoreFailure, ...(options.conduct === undefined ? {} : { conduct: options.conduct }) });
  const pair = crypto.signingKeyPair(options.loadKey(folder, onSetAside));
  const app: FastifyInstance = await buildSeedApp({ service, log, options: http, signer: { crypto, pair } });
  return { app, service, notices, key: toBase64url(pair.publicKey) };
}

function openLog(file: string, bytesMax: number): LogFile {
  try {
    return new LogFile(file, bytesMax);
  } catch (error) {
    throw unwritable(file, error);
  }
}

async function listen(app: FastifyInstance, port: number, host: string): Promise<number> {
  try {
    await app.listen({ port, host });
  } catch (error) {
    await app.close();
    throw listenError(error, port, host);
  }
  const address = app.server.address();
  return typeof address === 'object' && address !== null ? address.port : port;
}

function listenError(error: unknown, port: number, host: string): unknown {
  switch ((error as NodeJS.ErrnoException).code) {
    case 'EADDRINUSE':
      return new ConfabError('port-taken', { port });
    case 'EACCES':
      return new ConfabError('bad-arguments', { command: 'confab seed', reason: `port ${port} may not be used by this user.` });
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return new ConfabError('bad-arguments', { command: 'confab seed', reason: `${host} is not an address of this machine.` });
    default:
      return error;
  }
}

function hostInUrl(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}

/** Answers what is under way; connections that have not ended by then are cut. */
async function closeApp(app: FastifyInstance, stopMillis: number): Promise<void> {
  app.log.info('stopping');
  const cut = setTimeout(() => app.server.closeAllConnections(), stopMillis);
  try {
    await app.close();
  } finally {
    clearTimeout(cut);
  }
}
