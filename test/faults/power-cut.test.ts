import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { SystemRandom } from '../../src/adapters/crypto/random.ts';
import { loadNodeKey, NODE_KEY_FILE } from '../../src/adapters/system/node-key.ts';
import { testUnless } from '../helpers/where-possible.ts';
import { type ForgetfulDisk, forgetfulDisk, noForgetfulDisk } from './forgetful-disk.ts';
import { befriend, deliver, insist, logIn, messagesOf, type Network, requireFriend, startNetwork, textsOf } from './network.ts';

const CUTS = 3;

const { run, named } = testUnless(noForgetfulDisk());

run(named('what was acknowledged survives a power cut: kill -9, and everything that was not synced is gone'), async (t) => {
  t.timeout(60_000);
  const network = await startNetwork(t, ['alice', 'bob']);
  const disk = forgetfulDisk(network.root, network.folderOf('alice'));
  await network.engine.killNode('alice');
  rmSync(network.folderOf('alice'), { recursive: true });
  // From her very first file on alice lives on the disk that forgets, also from one that was left by a process that was killed at once.
  mkdirSync(network.folderOf('alice'));
  loadNodeKey(network.folderOf('alice'), new SystemRandom(), () => t.fail());
  const keys = () => readFileSync(join(network.folderOf('alice'), NODE_KEY_FILE), 'utf8');
  const first = keys();
  await startOnForgetfulDisk(network, disk);
  await insist(network, () => logIn(network, 'alice'));
  await befriend(network, 'alice', 'bob');
  await deliver(network, 'alice', 'bob', 'before all cuts');
  for (let cut = 1; cut <= CUTS; cut += 1) {
    const promised = await writeAndCut(network, cut);
    t.true(promised.byAlice.length > 0);
    disk.loseUnsynced();
    t.is(keys(), first, `cut ${cut}: the keys of her node`);
    await startOnForgetfulDisk(network, disk);
    await logIn(network, 'alice');
    await requireFriend(network, 'alice', 'bob');
    const kept = new Set(await textsOf(network, 'alice', 'bob'));
    t.deepEqual(
      promised.byAlice.filter((text) => !kept.has(text)),
      [],
      `cut ${cut}: accepted by alice`,
    );
    // What bob saw a tick for before the cut must be there, and the rest comes.
    t.deepEqual(
      promised.ticked.filter((text) => !kept.has(text)),
      [],
      `cut ${cut}: confirmed by alice`,
    );
    await insist(
      network,
      async () => {
        const [at, there] = [new Set(await textsOf(network, 'alice', 'bob')), new Set(await textsOf(network, 'bob', 'alice'))];
        const missing = [...promised.byAlice, ...promised.byBob].filter((text) => !at.has(text) || !there.has(text));
        if (missing.length > 0) throw new Error(`missing: ${missing.join()}`);
      },
      20_000,
    );
    t.is(new Set(await textsOf(network, 'bob', 'alice')).size, (await textsOf(network, 'bob', 'alice')).length, 'none twice');
  }
});

async function startOnForgetfulDisk(network: Network, disk: ForgetfulDisk): Promise<void> {
  Object.assign(process.env, disk.environment);
  try {
    await network.engine.startNode('alice');
  } finally {
    for (const name of Object.keys(disk.environment)) delete process.env[name];
  }
}

/** Both write as fast as they can until alice's power fails; the texts that somebody was promised. */
async function writeAndCut(network: Network, cut: number): Promise<{ byAlice: string[]; byBob: string[]; ticked: string[] }> {
  const { engine } = network;
  const [byAlice, byBob]: [string[], string[]] = [[], []];
  let over = false;
  const write = async (from: string, to: string, promised: string[], writer: number): Promise<void> => {
    for (let number = 1; !over; number += 1) {
      const text = `cut ${cut}, ${from}, ${writer}/${number}`;
      await engine.command(from, 'send', { to, text }).then(
        () => promised.push(text),
        () => new Promise((resolve) => setTimeout(resolve, 5)),
      );
    }
  };
  const writers = [write('alice', 'bob', byAlice, 1), write('alice', 'bob', byAlice, 2), write('bob', 'alice', byBob, 1)];
  await insist(
    network,
    async () => {
      if (byAlice.length < 50 || byBob.length < 50) throw new Error(`only ${byAlice.length} and ${byBob.length} texts`);
    },
    20_000,
  );
  await engine.killNode('alice');
  over = true;
  await Promise.all(writers);
  const ticked = (await messagesOf(engine, 'bob', 'alice')).filter(({ fromMe, state }) => fromMe && state === 'delivered').map(({ text }) => text);
  return { byAlice, byBob, ticked };
}
