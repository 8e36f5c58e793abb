import { ConfabError } from '../core/errors.ts';
import type { StartNodeOptions } from './engine.ts';
import { sayShared } from './hosts.ts';
import type { Keeper, Restart } from './keeper.ts';
import type { LocalEngine } from './local.ts';

/** Kills and starts nodes of a run for whoever breaks it from outside: the run goes on without those who were killed by order. */
export function keeperOf(engine: LocalEngine): Keeper {
  const restart = restartIn(engine);
  return {
    restart: (order) => inTime(order.node, () => restart(order)),
    kill: (node) =>
      inTime(node, async () => {
        if (engine.startedWith(node) === null || !engine.isRunning(node)) return false;
        await engine.killNode(node);
        return true;
      }),
  };
}

/** A run that ends meanwhile is no fault of ours. */
async function inTime<Value>(node: string, act: () => Promise<Value>): Promise<Value> {
  try {
    return await act();
  } catch (error) {
    if (error instanceof ConfabError) throw error;
    throw new ConfabError('not-started', { what: `The node of ${node}`, reason: error instanceof Error ? error.message : String(error) });
  }
}

/** Starts nodes of a run again as they were started before, for whoever breaks it from outside; all of it is in the trace. */
function restartIn(engine: LocalEngine): Restart {
  const lying = new Set<string>();
  return async ({ node, emptyDisk, conduct }) => {
    const before = engine.startedWith(node);
    if (before === null) return false;
    if (engine.refusal('kill') !== null) throw new ConfabError('bad-arguments', { command: 'fault', reason: sayShared(node) });
    if (engine.isRunning(node)) await engine.killNode(node);
    const options: StartNodeOptions = { ...before, emptyDisk };
    if (conduct !== null) {
      lying.add(node);
      engine.record({ type: 'state', subject: 'fault', id: node, to: 'set', data: { kind: 'conduct', conduct } });
    }
    await engine.startNode(node, conduct === null ? withoutConduct(options) : { ...options, conduct });
    if (conduct === null && lying.delete(node)) engine.record({ type: 'state', subject: 'fault', id: node, to: 'healed', data: { kind: 'conduct' } });
    return true;
  };
}

function withoutConduct(options: StartNodeOptions): StartNodeOptions {
  const { conduct: _, ...honest } = options;
  return honest;
}
