import { connectControl } from '../control/client.ts';
import { type LocatedNode, listNodes, readSeedPointer, type SeedPointer } from '../control/locate.ts';
import type { NodeInfo } from '../core/commands.ts';

/** One node of a data root as `confab ps` shows it. */
export interface NodeFacts {
  readonly located: LocatedNode;
  readonly info: NodeInfo | null;
  readonly residentBytes: number | null;
  /** Share of one processor over the sample, 0.01 is one percent. */
  readonly processorShare: number | null;
  readonly uptimeMillis: number | null;
}

export interface Survey {
  readonly nodes: readonly NodeFacts[];
  readonly seed: SeedPointer | null;
}

const SAMPLE_MILLIS = 400;
const CALL_MILLIS = 2_000;

interface PongFacts {
  readonly residentBytes: number;
  readonly processorMillis: number;
  readonly uptimeMillis: number;
}

/** Asks everything that runs under a root; takes about half a second, since processor use is measured and not averaged over a life. */
export async function survey(root: string): Promise<Survey> {
  const [located, seed] = await Promise.all([listNodes(root), readSeedPointer(root)]);
  return { seed, nodes: await Promise.all(located.map(factsOf)) };
}

async function factsOf(located: LocatedNode): Promise<NodeFacts> {
  const nothing = { located, info: null, residentBytes: null, processorShare: null, uptimeMillis: null };
  if (located.state !== 'running' || located.pointer === null) return nothing;
  try {
    const client = await connectControl(located.pointer.socket, { timeoutMillis: CALL_MILLIS });
    try {
      const first = (await client.call('ping')) as PongFacts;
      await new Promise((resolve) => setTimeout(resolve, SAMPLE_MILLIS));
      const pong = (await client.call('ping')) as PongFacts;
      const info = (await client.call('info')) as NodeInfo;
      const share = (pong.processorMillis - first.processorMillis) / Math.max(1, pong.uptimeMillis - first.uptimeMillis);
      return { located, info, residentBytes: pong.residentBytes, processorShare: share, uptimeMillis: pong.uptimeMillis };
    } finally {
      client.close();
    }
  } catch {
    return nothing;
  }
}
