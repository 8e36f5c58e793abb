import { ensureFolder } from '../adapters/files.ts';
import { removePointer, seedFolder, writePointer } from '../control/locate.ts';
import { ConfabError } from '../core/errors.ts';
import { SEED_CONDUCTS, type SeedConduct, seedConductNamed } from '../lab/lying-seed-server.ts';
import { watchLife } from '../node/life.ts';
import { startSeedServer } from '../seed/server.ts';
import { seedParts } from './compose-seed.ts';
import { makeTools } from './compose-tools.ts';
import type { CliContext } from './context.ts';
import { printFailure } from './fail.ts';

export interface SeedProcessOptions {
  readonly port: number;
  readonly host: string;
  readonly lifeline: boolean;
  /** A way to behave of src/lab/lying-seed-server.ts; null: it plays by the rules. */
  readonly conduct: string | null;
}

/** Runs the seed server until it is told to end; gives the exit status. */
export async function runSeedProcess(context: CliContext, options: SeedProcessOptions): Promise<number> {
  process.title = 'confab seed';
  ensureFolder(seedFolder(context.root));
  const server = await startSeedServer({
    root: context.root,
    port: options.port,
    host: options.host,
    ...(options.conduct === null ? {} : { conduct: requireConduct(options.conduct) }),
    ...seedParts((file, reason) => context.warn(`confab: ${reason}; it was kept as ${file}`)),
  });
  const folder = seedFolder(context.root);
  await writePointer(folder, { url: server.url, key: server.key, pid: process.pid, startedMillis: Date.now() });
  const { promise: ended, resolve: end } = deferred();
  const life = watchLife({ stop: end, failed: (error) => void printFailure(error, context), lifeline: options.lifeline ? process.stdin : null });
  if (context.json) context.printJson({ ready: true, pid: process.pid, url: server.url, key: server.key });
  else
    context.print(
      `The seed server listens at ${server.url} (its API: ${server.url}/docs). Ctrl-C ends it. Nodes elsewhere know it by --seed '${server.url}#${server.key}'.`,
    );
  await ended;
  await server.stop();
  await removePointer(folder, process.pid);
  life.release();
  return 0;
}

function requireConduct(name: string): SeedConduct {
  const conduct = seedConductNamed(name, makeTools());
  if (conduct !== null) return conduct;
  throw new ConfabError('bad-arguments', { command: 'seed', reason: `there is no conduct ${name}; there are ${Object.keys(SEED_CONDUCTS).join(', ')}` });
}

function deferred(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve: () => void = () => {};
  const promise = new Promise<void>((fulfil) => {
    resolve = fulfil;
  });
  return { promise, resolve };
}
