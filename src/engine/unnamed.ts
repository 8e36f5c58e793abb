import type { NodeInfo } from '../core/commands.ts';
import type { Rule } from '../core/rules.ts';

interface Asked {
  readonly client: { call(name: string, args: Readonly<Record<string, unknown>>, deadlineMillis?: number): Promise<unknown> };
}

const ANSWER_MILLIS = 1_000;

/**
 * Rules go by names, and a node at which nobody has registered has none for others but `node-` and the first digits of its id.
 * Adds that to every group which holds its name.
 */
export class Unnamed {
  readonly #aliases = new Map<string, string>();

  /** The node's folder may be a new one. */
  forget(node: string): void {
    this.#aliases.delete(node);
  }

  async widen(rules: readonly Rule[], running: ReadonlyMap<string, Asked>): Promise<readonly Rule[]> {
    if (rules.length === 0) return rules;
    const unknown = [...running].filter(([node]) => !this.#aliases.has(node));
    await Promise.all(unknown.map(([node, { client }]) => this.#learn(node, client)));
    return rules.map((rule) => ({ ...rule, from: this.#both(rule.from), to: this.#both(rule.to) }));
  }

  /** A node that stands still, or that runs another program, keeps its one name. */
  async #learn(node: string, client: Asked['client']): Promise<void> {
    try {
      const { nodeId } = (await client.call('info', {}, ANSWER_MILLIS)) as NodeInfo;
      this.#aliases.set(node, `node-${nodeId.slice(0, 8)}`);
    } catch {
      return;
    }
  }

  #both(group: readonly string[]): readonly string[] {
    return group.flatMap((name) => [name, this.#aliases.get(name) ?? []].flat());
  }
}
