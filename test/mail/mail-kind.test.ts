import test from 'ava';
import { DurableMap } from '../../bench/worlds/keyed-world.ts';
import { CborCodec } from '../../src/adapters/codec/cbor.ts';
import { NodeCrypto } from '../../src/adapters/crypto/node-crypto.ts';
import { concat, toHex, utf8 } from '../../src/core/bytes.ts';
import type { KeyPair } from '../../src/core/capabilities.ts';
import { letterId, mailboxKey, openMail, signLetter, signMailReceipt } from '../../src/core/mail/mail-value.ts';
import { MAIL_KIND, mailExpiresMillis, mailKind } from '../../src/core/replication/kinds/mail-kind.ts';
import { type Inspected, inspectValue } from '../../src/core/replication/kinds.ts';
import { Replicas } from '../../src/core/replication/replicas.ts';
import { REPLICATION_OPTIONS, type ReplicationPort } from '../../src/core/replication/replication-port.ts';
import type { MessageId, UserId } from '../../src/core/types.ts';

const tools = { crypto: new NodeCrypto(), codec: new CborCodec() };
const kind = mailKind(tools);
const DAY_MILLIS = 86_400_000;
const NOW = 1_750_000_000_000;
const EXPIRES = mailExpiresMillis(NOW, 14 * DAY_MILLIS);

const keysOf = (name: string): KeyPair => tools.crypto.signingKeyPair(tools.crypto.sha256(utf8(name)));
const idOf = (name: string): UserId => toHex(tools.crypto.sha256(keysOf(name).publicKey)) as UserId;
const messageId = (number: number): MessageId => `message-${String(number).padStart(13, '0')}` as MessageId;

interface Wanted {
  readonly number?: number;
  readonly envelope?: Uint8Array;
  readonly expiresMillis?: number;
}

function letter(from: string, to: string, { number = 1, envelope = utf8('sealed'), expiresMillis = EXPIRES }: Wanted = {}): Uint8Array {
  return signLetter(tools, keysOf(from), { to: idOf(to), messageId: messageId(number), previous: '', expiresMillis, envelope });
}

function receiptFor(by: string, letterBytes: Uint8Array): Uint8Array {
  const about = kind.inspect(letterBytes) as Inspected;
  return signMailReceipt(tools, keysOf(by), { letterId: about.id, verdict: 'delivered', atMillis: NOW, expiresMillis: EXPIRES + DAY_MILLIS });
}

/** What a node holds, by itself. */
function holder(wallMillis = NOW): Replicas {
  const port = { crypto: tools.crypto, store: new DurableMap(), monotonicMillis: 0, wallMillis } as unknown as ReplicationPort;
  return new Replicas(port, REPLICATION_OPTIONS, [kind]);
}

const put = (replicas: Replicas, bytes: Uint8Array, from: 'writer' | 'holder' = 'writer'): string => {
  const taken = replicas.take({ kind: MAIL_KIND, bytes }, from);
  return taken.result === 'refused' ? taken.reason : taken.result;
};

test('a letter lies in the mailbox of its recipient, counts against its sender, and comes out as it went in', (t) => {
  const bytes = letter('alice', 'bob');
  const about = inspectValue(kind, bytes) as Inspected;
  t.is(about.key, mailboxKey(tools.crypto, idOf('bob')));
  t.is(about.author, idOf('alice'));
  t.false(about.deleted);
  const opened = openMail(tools, bytes);
  t.like(opened, { what: 'letter', from: idOf('alice'), to: idOf('bob'), messageId: messageId(1) });
});

test('one changed byte anywhere and it is refused', (t) => {
  const bytes = letter('alice', 'bob');
  for (let at = 0; at < bytes.length; at += 1) {
    const changed = bytes.slice();
    changed[at] = (changed[at] as number) ^ 1;
    t.is(typeof inspectValue(kind, changed), 'string', `byte ${at}`);
  }
  for (const cut of [0, 1, 63, 64, 65, bytes.length - 1]) t.is(typeof inspectValue(kind, bytes.slice(0, cut)), 'string', `cut at ${cut}`);
  t.is(typeof inspectValue(kind, concat(bytes, new Uint8Array(1))), 'string');
});

test('a receipt takes the place of its letter for good: older and newer copies of the letter lose against it', (t) => {
  const replicas = holder();
  const bytes = letter('alice', 'bob');
  t.is(put(replicas, bytes), 'held');
  t.is(put(replicas, receiptFor('bob', bytes)), 'held');
  t.is(put(replicas, bytes, 'holder'), 'newer', 'a holder that was away brings the letter back');
  t.is(put(replicas, letter('alice', 'bob', { expiresMillis: EXPIRES + DAY_MILLIS })), 'newer', 'the sender posts it again on the next day');
  t.deepEqual(
    replicas.index.all().map((each) => each.about.deleted),
    [true],
  );
});

test('a stranger can neither empty a mailbox nor take the place of a letter in it', (t) => {
  const replicas = holder();
  const bytes = letter('alice', 'bob');
  put(replicas, bytes);
  const name = replicas.index.all()[0]?.name as string;
  // Whoever signs a receipt, it lies in the signer's own mailbox.
  t.is(put(replicas, receiptFor('mallory', bytes)), 'held');
  t.false(replicas.index.get(name)?.about.deleted);
  t.is(replicas.index.all().find((each) => each.about.deleted)?.about.key, mailboxKey(tools.crypto, idOf('mallory')));
  // A copy of the same envelope, signed by somebody else, is another letter.
  t.is(put(replicas, letter('mallory', 'bob')), 'held');
  t.is(replicas.index.get(name)?.about.author, idOf('alice'));
  t.not(
    letterId(tools.crypto, { from: idOf('mallory'), messageId: messageId(1), envelope: utf8('sealed') }),
    letterId(tools.crypto, { from: idOf('alice'), messageId: messageId(1), envelope: utf8('sealed') }),
  );
});

test('one sender gets a quarter of a mailbox in letters, others go on writing, and receipts make room', (t) => {
  const replicas = holder();
  const letters = Array.from({ length: 300 }, (_, number) => letter('mallory', 'bob', { number }));
  const answers = letters.map((bytes) => put(replicas, bytes));
  t.is(answers.filter((each) => each === 'held').length, kind.valuesPerAuthorMax);
  t.true(kind.valuesPerAuthorMax * 4 <= kind.valuesPerKeyMax);
  t.is(answers.at(-1), 'the author has too many values under this key');
  t.is(put(replicas, letter('alice', 'bob')), 'held');
  t.is(put(replicas, letter('mallory', 'carol')), 'held', 'another mailbox is another matter');
  t.is(put(replicas, receiptFor('bob', letters[0] as Uint8Array)), 'held');
  t.is(put(replicas, letters.at(-1) as Uint8Array), 'held');
});

test('one sender gets a quarter of a mailbox in bytes', (t) => {
  const replicas = holder();
  const large = (number: number) => letter('mallory', 'bob', { number, envelope: new Uint8Array(70_000).fill(number + 1) });
  let bytes = 0;
  let number = 0;
  for (; number < 100; number += 1) {
    const value = large(number);
    if (put(replicas, value) !== 'held') break;
    bytes += value.length;
  }
  t.true(bytes <= kind.bytesPerKeyMax / 4 && bytes > kind.bytesPerKeyMax / 5, `${bytes} bytes`);
  t.is(put(replicas, letter('alice', 'bob', { envelope: new Uint8Array(70_000) })), 'held');
  t.is(put(replicas, letter('alice', 'bob', { number: 2, envelope: new Uint8Array(80_000) })), 'too large');
});

test('nothing is kept for longer than the time to live, and nothing that has passed it', (t) => {
  t.is(put(holder(), letter('alice', 'bob', { expiresMillis: NOW + 40 * DAY_MILLIS })), 'wants to be kept for too long');
  t.is(put(holder(), letter('alice', 'bob', { expiresMillis: NOW - DAY_MILLIS })), 'expired');
  const replicas = holder(EXPIRES + DAY_MILLIS);
  t.is(put(replicas, letter('alice', 'bob')), 'expired');
  // A receipt outlives every copy of the letter that can still be posted on the day it is written.
  const late = holder(EXPIRES + DAY_MILLIS / 2);
  t.is(put(late, receiptFor('bob', letter('alice', 'bob'))), 'held');
});

test('posting again on the same day gives the same bytes, so that holders need not change anything', (t) => {
  t.is(mailExpiresMillis(NOW, 14 * DAY_MILLIS), mailExpiresMillis(NOW + 60_000, 14 * DAY_MILLIS));
  t.deepEqual(letter('alice', 'bob'), letter('alice', 'bob'));
});
