import test from 'ava';
import { vaultChallengeBytes } from '../../src/core/directory/vault-challenge.ts';
import type { Link } from '../../src/core/link/link.ts';
import type { Message } from '../../src/core/messages.ts';
import type { Parts } from '../../src/core/parts.ts';
import { lockVault, passwordKeys } from '../../src/core/session/vault.ts';
import { VaultExchange } from '../../src/core/session/vault-exchange.ts';
import { SeededRandom } from '../../src/sim/random.ts';
import { tools } from '../core/tools.ts';

type Answer = Extract<Message, { type: 'vault-answer' }>;

const random = new SeededRandom('vault exchange');
const salt = random.bytes(16);
const right = passwordKeys(tools, random.bytes(32), salt);
const wrong = passwordKeys(tools, random.bytes(32), salt);
const derivation = { name: 'argon2id' as const, memoryKib: 8, passes: 1, lanes: 1 };
const secrets = { identitySeed: random.bytes(32), sealingSeed: random.bytes(32), storeKey: random.bytes(32), createdMillis: 1 };
const vault = lockVault(tools, { name: 'alice', derivation, salt, nonce: random.bytes(12) }, right.unlock, secrets);

/** The node where alice is logged in, as a stranger's link sees it. */
function giver(loggedIn = true): { ask(nonce: Uint8Array, signature: Uint8Array, name?: string): Answer; wait(millis: number): void } {
  const answers: Answer[] = [];
  const env = { ...tools, random, monotonicMillis: 1_000, tracing: false, store: { get: () => vault } };
  const user = { body: { authenticationKey: right.authentication.publicKey } };
  const parts = {
    env,
    settings: { user: 'alice' },
    session: { userRecord: () => (loggedIn ? user : null) },
    links: { send: (_link: Link, message: Message) => void answers.push(message as Answer) },
    count: () => {},
  } as unknown as Parts;
  const exchange = new VaultExchange(parts);
  return {
    ask: (nonce, signature, name = 'alice') => {
      exchange.ask({ name: 'stranger' } as Link, { type: 'vault-ask', name, nonce, signature });
      return answers.at(-1) as Answer;
    },
    wait: (millis) => {
      env.monotonicMillis += millis;
    },
  };
}

const NOTHING = new Uint8Array();
const prove = (keys: typeof right, nonce: Uint8Array): Uint8Array => tools.crypto.sign(keys.authentication.secretKey, vaultChallengeBytes('alice', nonce));

test('the vault is given for a right signature over a fresh nonce, once', (t) => {
  const node = giver();
  const { verdict, bytes } = node.ask(NOTHING, NOTHING);
  t.is(verdict, 'nonce');
  const signature = prove(right, bytes);
  const answer = node.ask(bytes, signature);
  t.is(answer.verdict, 'vault');
  t.deepEqual(answer.bytes, tools.codec.encode(vault));
  t.is(node.ask(bytes, signature).verdict, 'refused', 'the same proof again');
});

test('whoever does not know the password gets a nonce and nothing else, more and more slowly', (t) => {
  const node = giver();
  const pauses: number[] = [];
  for (let attempt = 0; attempt < 12; attempt += 1) {
    const challenge = node.ask(NOTHING, NOTHING);
    if (challenge.verdict === 'paused') {
      pauses.push(challenge.seconds);
      node.wait(challenge.seconds * 1_000);
      continue;
    }
    const answer = node.ask(challenge.bytes, prove(wrong, challenge.bytes));
    t.is(answer.verdict, 'refused');
    t.is(answer.bytes.length, 0);
  }
  t.true(pauses.length >= 3, 'it pauses');
  for (let index = 1; index < pauses.length; index += 1) t.true((pauses[index] as number) > (pauses[index - 1] as number), pauses.join());
});

test('a nonce of another time, made-up bytes and another name give nothing and lock nobody out', (t) => {
  const node = giver();
  const old = node.ask(NOTHING, NOTHING).bytes;
  node.wait(60_000);
  for (let attempt = 0; attempt < 20; attempt += 1) {
    t.is(node.ask(old, prove(right, old)).verdict, 'refused');
    t.is(node.ask(random.bytes(32), random.bytes(64)).verdict, 'refused');
    t.is(node.ask(NOTHING, NOTHING, 'bob').verdict, 'refused');
  }
  const { bytes } = node.ask(NOTHING, NOTHING);
  t.is(node.ask(bytes, prove(right, bytes)).verdict, 'vault');
});

test('a node where nobody is logged in gives nothing, not even a nonce', (t) => {
  t.is(giver(false).ask(NOTHING, NOTHING).verdict, 'refused');
});
