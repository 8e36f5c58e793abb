import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { testUnless } from '../helpers/where-possible.ts';
import { noForgetfulDisk } from './forgetful-disk.ts';
import { befriend, insist, logIn, type Network, startNetwork, textsOf } from './network.ts';

const EVERY = 12;
const WRITERS = 8;
const TEXTS = 40;
/** The source lies beside this file before it was compiled. */
const SHIM = fileURLToPath(new URL('../../../test/faults/fixtures/failing-syncs.c', import.meta.url));

const { run, named } = testUnless(noForgetfulDisk());

run(named('a disk that fails a sync now and then: what was accepted arrives, once, and the node goes on'), async (t) => {
  t.timeout(60_000);
  const network = await startNetwork(t, ['alice', 'bob']);
  await befriend(network, 'alice', 'bob');
  await network.engine.killNode('alice');
  await startOnFailingDisk(network);
  await insist(network, () => logIn(network, 'alice'));
  const [byAlice, byBob]: [string[], string[]] = [[], []];
  const write = async (from: string, to: string, accepted: string[], writer: number): Promise<void> => {
    for (let number = 1; number <= TEXTS; number += 1) {
      const text = `${from}, ${writer}/${number}`;
      await network.engine.command(from, 'send', { to, text }).then(
        () => accepted.push(text),
        () => new Promise((resolve) => setTimeout(resolve, 20)),
      );
    }
  };
  const writers = Array.from({ length: WRITERS }, (_, writer) => write('alice', 'bob', byAlice, writer));
  await Promise.all([...writers, write('bob', 'alice', byBob, 1)]);
  await insist(
    network,
    async () => {
      const [at, there] = [new Set(await textsOf(network, 'alice', 'bob')), new Set(await textsOf(network, 'bob', 'alice'))];
      const missing = [...byAlice, ...byBob].filter((text) => !at.has(text) || !there.has(text));
      if (missing.length > 0) throw new Error(`missing: ${missing.join()}`);
    },
    30_000,
  );
  const shown = await textsOf(network, 'bob', 'alice');
  t.is(new Set(shown).size, shown.length, 'none twice');
  const log = readFileSync(join(network.folderOf('alice'), 'node.log'), 'utf8');
  t.regex(log, /the store could not commit/);
  t.notRegex(log, /the core failed/);
});

async function startOnFailingDisk({ root, engine }: Network): Promise<void> {
  const library = join(root, 'failing-syncs.so');
  execFileSync('cc', ['-shared', '-fPIC', '-O2', '-o', library, SHIM, '-ldl'], { stdio: 'ignore' });
  const environment = { LD_PRELOAD: library, FAILING_SYNCS_EVERY: String(EVERY) };
  Object.assign(process.env, environment);
  try {
    await engine.startNode('alice');
  } finally {
    for (const name of Object.keys(environment)) delete process.env[name];
  }
}
