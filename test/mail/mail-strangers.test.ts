import test from 'ava';
import { DurableMap } from '../../bench/worlds/keyed-world.ts';
import { CborCodec } from '../../src/adapters/codec/cbor.ts';
import { NodeCrypto } from '../../src/adapters/crypto/node-crypto.ts';
import { toHex, utf8 } from '../../src/core/bytes.ts';
import type { Link } from '../../src/core/link/link.ts';
import { mailboxKey, signLetter } from '../../src/core/mail/mail-value.ts';
import { Mailbox } from '../../src/core/mail/mailbox.ts';
import type { Message } from '../../src/core/messages.ts';
import { CORE_OPTIONS } from '../../src/core/options.ts';
import type { Parts } from '../../src/core/parts.ts';
import { MAIL_KIND, mailExpiresMillis } from '../../src/core/replication/kinds/mail-kind.ts';
import type { ReadValue } from '../../src/core/replication/reads.ts';
import { ReplicaMember } from '../../src/core/replication/replica-member.ts';
import type { MessageId, UserId } from '../../src/core/types.ts';
import { SeededRandom } from '../../src/sim/random.ts';

const tools = { crypto: new NodeCrypto(), codec: new CborCodec() };
const NOW = 1_750_000_000_000;
const keysOf = (name: string) => tools.crypto.signingKeyPair(tools.crypto.sha256(utf8(name)));
const idOf = (name: string): UserId => toHex(tools.crypto.sha256(keysOf(name).publicKey)) as UserId;

/** What reads of the store cost. */
class CountedMap extends DurableMap {
  gets = 0;

  override get<Value>(table: string, key: string): Value | undefined {
    this.gets += 1;
    return super.get<Value>(table, key);
  }
}

/** A holder that is alone on its ring, and what it answers over its one link. */
function holder() {
  const store = new CountedMap();
  const answers: Message[] = [];
  const parts = {
    env: { ...tools, store, random: new SeededRandom('mail'), monotonicMillis: 0, wallMillis: NOW, tracing: false, setTimer: () => undefined },
    options: CORE_OPTIONS,
    links: { send: (_link: Link, message: Message) => answers.push(message) },
    mail: { notices: { copyTaken: () => undefined } },
    ring: { self: { id: 'a0'.repeat(32) }, chord: { joined: true, predecessor: null, successors: [] } },
    count: () => undefined,
  };
  return { store, answers, member: new ReplicaMember(parts as unknown as Parts) };
}

test('whoever asks for letters without a link is told that there are none, or to open one, and no letter is read for that', (t) => {
  const { store, answers, member } = holder();
  const key = mailboxKey(tools.crypto, idOf('bob'));
  const read = (live: boolean) => member.questionOfStranger({ type: 'replica-ask', id: 1, question: { ask: 'read', key, kind: MAIL_KIND, after: null, live } });
  for (const live of [true, false]) t.like(read(live), { answer: { answer: 'page', page: { values: [] }, more: null } });
  const letter = {
    to: idOf('bob'),
    messageId: 'message-0000000000001' as MessageId,
    previous: '',
    expiresMillis: mailExpiresMillis(NOW, 14 * 86_400_000),
    envelope: utf8('sealed'),
  };
  const value = { kind: MAIL_KIND, bytes: signLetter(tools, keysOf('alice'), letter) };
  const link = { nodeId: 'b0'.repeat(32), userId: idOf('alice'), endpoint: { address: 'sim:2', key: new Uint8Array(32) }, name: 'alice' } as unknown as Link;
  member.question(link, { type: 'replica-ask', id: 2, question: { ask: 'put', value } });
  t.like(answers.at(-1), { answer: { answer: 'put', taken: { result: 'held' } } });
  store.gets = 0;
  for (const live of [true, false]) t.is(read(live), null);
  t.is(store.gets, 0);
  member.question(link, { type: 'replica-ask', id: 3, question: { ask: 'read', key, kind: MAIL_KIND, after: null, live: true } });
  t.is((answers.at(-1) as { answer: { page: { values: readonly unknown[] } } }).answer.page.values.length, 1, 'over a link it is given');
  t.is(store.gets, 1);
});

test('the mailbox is looked into for a new friend whose letter was left there, and for no other', (t) => {
  let looks = 0;
  const part = { session: new Uint8Array(16), ratchetKey: new Uint8Array(32), counter: 0, previous: 0, sealed: new Uint8Array(28), opening: null };
  const envelope = tools.codec.encode({ suite: 2, id: 'message-0000000000001', from: idOf('alice'), to: idOf('bob'), part });
  const letter = {
    to: idOf('bob'),
    messageId: 'message-0000000000001' as MessageId,
    previous: '',
    expiresMillis: mailExpiresMillis(NOW, 14 * 86_400_000),
    envelope,
  };
  const value = { kind: MAIL_KIND, bytes: signLetter(tools, keysOf('alice'), letter) };
  const lying = [{ value, about: { id: 'letter' } }] as unknown as readonly ReadValue[];
  const parts = {
    env: { ...tools, random: new SeededRandom('friend'), monotonicMillis: 0, wallMillis: NOW, setTimer: () => undefined, cancelTimer: () => undefined },
    options: CORE_OPTIONS,
    session: { open: { userId: idOf('bob'), secrets: { createdMillis: 0 } } },
    chat: { take: () => 'not-friends', knows: () => false },
    friends: { hasRefused: () => false },
    count: () => undefined,
    replication: {
      collect: (
        _place: unknown,
        each: (from: { readonly name: string }, values: readonly ReadValue[]) => void,
        done: (holders: readonly unknown[]) => void,
      ) => {
        looks += 1;
        each({ name: 'holder' }, lying);
        done([]);
      },
    },
  };
  const mailbox = new Mailbox(parts as unknown as Parts);
  mailbox.open();
  t.is(looks, 1);
  mailbox.befriended(idOf('carol'));
  t.is(looks, 1);
  mailbox.befriended(idOf('alice'));
  t.is(looks, 2);
  mailbox.befriended(idOf('alice'));
  t.is(looks, 3, 'it was left again');
  mailbox.close();
  mailbox.befriended(idOf('alice'));
  t.is(looks, 3);
});
