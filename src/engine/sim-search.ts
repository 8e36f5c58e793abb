import type { Codec, Crypto } from '../core/capabilities.ts';
import type { TraceEvent } from '../core/trace.ts';
import type { HostedNode } from '../sim/hosted-node.ts';
import type { Services } from '../sim/services.ts';
import { type FrameLog, joined, Search, type SearchFor, type SearchResult, type Secret } from './search.ts';
import { keysInVault } from './vault-keys.ts';

interface SimulatedWorld {
  readonly crypto: Crypto;
  readonly codec: Codec;
  readonly nodes: ReadonlyArray<readonly [name: string, node: Pick<HostedNode<never>, 'nodeKeys' | 'disk'>]>;
  readonly services: Services;
  readonly events: readonly TraceEvent[];
  readonly frames: FrameLog;
}

/** Looks through frames, datagrams, calls of the seed server and its tables, every row of every disk as it lies there, and the trace. */
export async function searchSimulation(world: SimulatedWorld, { secrets, passwords }: SearchFor): Promise<SearchResult> {
  const { crypto, codec, services } = world;
  const derive = async (password: string, salt: Uint8Array): Promise<Uint8Array> => services.derive(password, salt);
  const keys: Secret[] = [];
  for (const [name, { nodeKeys, disk }] of world.nodes) {
    keys.push({ what: `the signing key of ${name}`, bytes: nodeKeys.signingSeed }, { what: `the link key of ${name}`, bytes: nodeKeys.agreementSeed });
    for (const vault of disk.vaults()) keys.push(...(await keysInVault({ crypto, codec, derive }, codec.decode(vault), passwords)));
  }
  const search = new Search([...secrets, ...keys], keys.length);
  world.frames.searchWith(search, codec);
  for (const [name, { disk }] of world.nodes) for (const [table, key, value] of disk.image()) search.look(`${name}: ${table}`, joined(key, value));
  for (const [table, key, value] of services.rows()) search.look(`seed-server: ${table}`, joined(key, codec.encode(value)));
  for (const event of world.events) search.look('the trace', Buffer.from(JSON.stringify(event)));
  return search;
}
