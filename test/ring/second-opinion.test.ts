import test from 'ava';
import type { Contact } from '../../src/core/ring/circle.ts';
import type { LookupResult } from '../../src/core/ring/ring-port.ts';
import { SecondOpinion } from '../../src/core/ring/second-opinion.ts';
import type { NodeId } from '../../src/core/types.ts';

function contact(digit: string): Contact {
  return { id: digit.repeat(64) as NodeId, endpoint: { address: `sim://${digit}`, key: new Uint8Array(32) }, name: digit };
}

const SELF = contact('1');
const LINKED = [contact('3'), contact('7'), contact('c')];

/** What comes of a claim, and who was asked about it. Whoever is asked is a member who knows of nobody else. */
function judged(key: string, owners: readonly Contact[]): { readonly owners: readonly string[]; readonly asked: readonly string[] } {
  const asked: string[] = [];
  const opinion = new SecondOpinion({
    self: SELF,
    ask: (to, _question, asker) => {
      asked.push(to.name);
      asker.answered({ answer: 'state', predecessor: null, successors: [], small: false });
    },
    linked: () => LINKED,
    known: () => LINKED,
    contradicted: () => {},
  });
  let result: LookupResult = { owners: [], hops: [] };
  opinion.judge(key, { owners, hops: [{ asked: contact('4'), why: 'finger' }] }, (judgement) => {
    result = judgement;
  });
  return { owners: result.owners.map(({ name }) => name), asked };
}

test('nobody is nearer to a key than the node that has it as its id', (t) => {
  const { owners, asked } = judged('5'.repeat(64), [contact('5'), contact('9')]);
  t.deepEqual(asked, []);
  t.deepEqual(owners, ['5', '9']);
});

test('who is linked and lies between a key and the owner that is claimed is asked, and found to be nearer', (t) => {
  const { owners, asked } = judged('5'.repeat(64), [contact('9'), contact('b')]);
  t.deepEqual(asked, ['7']);
  t.is(owners[0], '7');
});

test('where our own list has one other who says that nobody follows, the next ones that we are linked with hold values, too', (t) => {
  const { owners } = judged('0'.repeat(64), [SELF, contact('9')]);
  t.deepEqual(owners, ['1', '9', 'c', '3']);
  t.deepEqual(judged('8'.repeat(64), [contact('9'), SELF]).owners, ['9', '1'], 'of others a list of two is believed');
});
