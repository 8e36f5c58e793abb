import test from 'ava';
import { NodeCrypto } from '../../src/adapters/crypto/node-crypto.ts';
import { SharedCrypto } from '../../src/adapters/crypto/shared-crypto.ts';
import { utf8 } from '../../src/core/bytes.ts';

test('what is remembered of signatures changes no answer: a byte, a key or a signature that is another is refused', (t) => {
  const [plain, shared] = [new NodeCrypto(), new SharedCrypto()];
  const [one, other] = [1, 2].map((fill) => shared.signingKeyPair(new Uint8Array(32).fill(fill)));
  if (one === undefined || other === undefined) throw new Error('no keys');
  const bytes = utf8('a record');
  // Made here, and made elsewhere.
  for (const signature of [shared.sign(one.secretKey, bytes), plain.sign(new Uint8Array(32).fill(1), utf8('a record'))]) {
    for (let time = 0; time < 2; time += 1) {
      t.true(shared.verify(one.publicKey, bytes.slice(), signature.slice()));
      t.false(shared.verify(other.publicKey, bytes, signature));
      t.false(shared.verify(one.publicKey, utf8('a Record'), signature));
      t.false(shared.verify(one.publicKey, bytes.subarray(1), signature));
      t.false(
        shared.verify(
          one.publicKey,
          bytes,
          signature.map((byte, at) => (at === 40 ? byte ^ 1 : byte)),
        ),
      );
      t.false(shared.verify(one.publicKey, bytes, signature.subarray(1)));
    }
  }
  // The caller may write over what it handed in.
  const scratch = bytes.slice();
  const signature = shared.sign(one.secretKey, scratch);
  scratch[0] = 0;
  t.false(shared.verify(one.publicKey, scratch, signature));
  t.true(shared.verify(one.publicKey, bytes, signature));
});

test('checked apart or at once, a signature is the same; an array that is written over meanwhile is not remembered', async (t) => {
  for (const crypto of [new NodeCrypto(), new SharedCrypto()]) {
    const one = new NodeCrypto().signingKeyPair(new Uint8Array(32).fill(1));
    const [right, wrong] = [utf8('a record'), utf8('a Record')];
    const signature = new NodeCrypto().sign(one.secretKey, right);
    t.false(await crypto.verifyApart(one.publicKey, wrong, signature));
    t.false(await crypto.verifyApart(one.publicKey, right, signature.subarray(1)));
    t.false(await crypto.verifyApart(one.publicKey.subarray(1), right, signature));
    t.false(await crypto.verifyApart(new Uint8Array(32).fill(255), right, signature));
    const scratch = right.slice();
    const checking = crypto.verifyApart(one.publicKey, scratch, signature);
    scratch.set(wrong);
    t.true(await checking);
    t.false(crypto.verify(one.publicKey, scratch, signature));
    t.true(await crypto.verifyApart(one.publicKey, right, signature));
  }
});
