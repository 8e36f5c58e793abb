import test from 'ava';
import { RingDirectory } from '../../src/core/directory/ring-directory.ts';
import type { Link } from '../../src/core/link/link.ts';
import type { Parts } from '../../src/core/parts.ts';
import { presenceValue } from '../../src/core/replication/kinds/presence-kind.ts';
import type { UserId } from '../../src/core/types.ts';
import { presenceRecord, somebody, tools } from './tools.ts';

/** The link that is begun when somebody on the ring says where Bob's node listens. */
function reached(key: Uint8Array): Pick<Link, 'nodeId'> {
  const bob = somebody('bob');
  const presence = presenceRecord(bob);
  const link = { nodeId: null } as Pick<Link, 'nodeId'>;
  const parts = {
    env: tools,
    links: { of: () => undefined, connect: () => link },
    ring: { find: (id: string, done: (result: object) => void) => done({ owners: [{ id, endpoint: { address: 'sim:9', key }, name: 'bob' }] }) },
    sync: { take: () => undefined },
    replication: { get: (_what: object, done: (found: object) => void) => done({ values: [{ value: presenceValue(presence) }] }) },
  };
  new RingDirectory(parts as unknown as Parts).reach(presence.authorId as UserId, () => undefined);
  return link;
}

test('a link that is begun on the word of the ring alone counts as nobody in particular until its other end has said who it is', (t) => {
  const { agreement } = somebody('bob');
  for (const key of [agreement.publicKey, new Uint8Array(32)]) t.is(reached(key).nodeId, null);
});
