import test from 'ava';
import fc from 'fast-check';
import { type Contact, compareIds } from '../../src/core/ring/circle.ts';
import { ContactList } from '../../src/core/ring/contact-list.ts';
import type { NodeId } from '../../src/core/types.ts';

const MAX = 4;

/** Those below 4 share a place with one other each. */
function contact(number: number, address: string): Contact {
  const id = String(number < 4 ? number >> 1 : number)
    .repeat(63)
    .concat(String(number)) as NodeId;
  return { id, name: String(number), endpoint: { address, key: new Uint8Array(0) } };
}

function byId(one: Contact, other: Contact): number {
  return compareIds(one.id, other.id);
}

test('whoever came first gives way, whoever comes again is known by its new address', (t) => {
  const steps = fc.array(fc.record({ what: fc.constantFrom('put', 'put', 'put', 'remove'), number: fc.integer({ min: 0, max: 9 }) }), { maxLength: 60 });
  fc.assert(
    fc.property(steps, (script) => {
      const list = new ContactList(MAX);
      let expected: Contact[] = [];
      for (const [at, { what, number }] of script.entries()) {
        const one = contact(number, String(at));
        const known = expected.findIndex((each) => each.id === one.id);
        if (what === 'remove') {
          t.is(list.remove(one.id), known >= 0);
          expected = expected.filter((each) => each.id !== one.id);
        } else {
          list.put(one);
          if (known >= 0) expected[known] = one;
          else expected = [...expected, one].slice(-MAX);
        }
        t.is(list.size, expected.length);
        t.deepEqual(list.contacts.toSorted(byId), expected.toSorted(byId));
        for (let other = 0; other < 10; other += 1)
          t.is(
            list.has(contact(other, '').id),
            expected.some(({ name }) => name === String(other)),
          );
      }
    }),
    { seed: 1, numRuns: 200 },
  );
});
