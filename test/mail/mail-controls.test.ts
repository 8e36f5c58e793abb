import test from 'ava';
import { CborCodec } from '../../src/adapters/codec/cbor.ts';
import { NodeCrypto } from '../../src/adapters/crypto/node-crypto.ts';
import { History } from '../../src/core/chat/history.ts';
import { MAIL_KIND, mailKind } from '../../src/core/replication/kinds/mail-kind.ts';
import { ReplicaMember } from '../../src/core/replication/replica-member.ts';
import { Replication } from '../../src/core/replication/replication.ts';
import { PASSWORD, SmallWorld } from '../core/small-world.ts';
import { mailLife } from './mail-life.ts';

/**
 * Negative controls: nodes that leave out one rule of mail, each of which the lives of mail-life.ts must notice.
 * A rule is left out by replacing one method of all nodes of this process; ava gives each file a process of its own.
 */
const SEEDS = [1, 2];
/** Not in each life does a message come both ways. */
const SEEDS_OF_CONTROLS = [4, 1, 2, 3, 5, 6];
/** Enough for honest nodes in these lives, as the first test shows. */
const QUIET_MILLIS = 240_000;
const KIND = mailKind({ crypto: new NodeCrypto(), codec: new CborCodec() });

async function problemsOf(): Promise<string> {
  const problems: string[] = [];
  for (const seed of SEEDS) problems.push(...(await mailLife({ seed, quietMillis: QUIET_MILLIS })).problems);
  return problems.join('\n');
}

/** What is found up to the first life in which this is found. */
async function problemsUpTo(sought: RegExp): Promise<string> {
  const found: string[] = [];
  for (const seed of SEEDS_OF_CONTROLS) {
    const { problems } = await mailLife({ seed, quietMillis: QUIET_MILLIS });
    found.push(...problems);
    if (problems.some((problem) => sought.test(problem))) break;
  }
  return found.join('\n');
}

/** Plays while one method of all nodes of this process is replaced. */
async function whileReplaced<Kind extends object, Name extends keyof Kind, Seen>(
  prototype: Kind,
  name: Name,
  replace: (original: Kind[Name]) => Kind[Name],
  play: () => Promise<Seen>,
): Promise<Seen> {
  const original = prototype[name];
  prototype[name] = replace(original);
  try {
    return await play();
  } finally {
    prototype[name] = original;
  }
}

test.serial('with all rules in place these lives end well', async (t) => {
  t.is(await problemsOf(), '');
});

test.serial('negative control: a recipient that leaves no receipts leaves letters lying and ticks unturned', async (t) => {
  const withoutReceipts = (put: ReplicaMember['put']): ReplicaMember['put'] =>
    function (this: ReplicaMember, value, progress) {
      const about = value.kind === MAIL_KIND ? KIND.inspect(value.bytes) : null;
      if (about === null || typeof about === 'string' || !about.deleted) put.call(this, value, progress);
    };
  t.regex(await whileReplaced(ReplicaMember.prototype, 'put', withoutReceipts, problemsOf), /not quiet: (".*" is|.* keeps a letter)/u);
});

test.serial('negative control: whoever does not look whether it has a message shows it twice', async (t) => {
  const shown = /shown twice|has of/u;
  t.regex(
    await whileReplaced(
      History.prototype,
      'has',
      () => () => false,
      () => problemsUpTo(shown),
    ),
    shown,
  );
});

/** How many of four letters bob finds after all who held them have left in order, one after the other, and alice is dead. */
async function foundAfterHandover(): Promise<number> {
  const world = new SmallWorld(9);
  const holders = ['carol', 'dave', 'erin', 'frank'];
  await world.people('alice', 'bob', ...holders);
  await world.befriend('alice', 'bob');
  await world.engine.stopNode('bob');
  const ids: string[] = [];
  for (const text of ['one', 'two', 'three', 'four']) ids.push((await world.ask<{ id: string }>('alice', 'send', { to: 'bob', text })).id);
  await world.soon('all are held', async () => (await Promise.all(ids.map((id) => world.state('alice', id)))).every((state) => state === 'held'));
  await world.engine.killNode('alice');
  for (const newcomer of ['grace', 'heidi']) {
    await world.engine.startNode(newcomer, { peers: [await world.engine.endpointOf('carol')] });
    await world.ask(newcomer, 'register', { password: PASSWORD });
  }
  await world.engine.wait(5_000);
  for (const holder of holders) {
    await world.engine.stopNode(holder);
    await world.engine.wait(3_000);
  }
  await world.engine.startNode('bob', { peers: [await world.engine.endpointOf('grace')] });
  await world.ask('bob', 'login', { password: PASSWORD });
  await world.engine.wait(10_000);
  const found = (await world.texts('bob', 'alice')).length;
  await world.engine.stop();
  return found;
}

test.serial('letters outlive all who held them first, when those leave in order', async (t) => {
  t.is(await foundAfterHandover(), 4);
});

test.serial('negative control: holders that are rid of letters before others have confirmed them lose what was held', async (t) => {
  const confirmingAll = (answer: Replication['answer']): Replication['answer'] =>
    function (this: Replication, from, question) {
      if (question.ask === 'digest') return { answer: 'same' };
      return question.ask === 'offer' ? { answer: 'wanted', names: [] } : answer.call(this, from, question);
    };
  t.true((await whileReplaced(Replication.prototype, 'answer', confirmingAll, foundAfterHandover)) < 4);
});
