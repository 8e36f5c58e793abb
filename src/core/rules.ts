/**
 * Fault rules between core and transport: a frame goes in, Pass, Deliver(delay) or Drop comes out.
 * The same objects steer the simulator's network and live nodes (shape after turmoil's rules).
 * Later faults (loss, duplication, reordering, bandwidth) are further kinds of the same union.
 */

export type Rule =
  /** Nothing passes from a node of `from` to a node of `to`; `oneWay: false` cuts both directions. */
  | { readonly id: string; readonly kind: 'cut'; readonly from: readonly string[]; readonly to: readonly string[]; readonly oneWay: boolean }
  /** Everything from `from` to `to` takes `delayMillis` longer, plus up to `jitterMillis` drawn evenly. */
  | {
      readonly id: string;
      readonly kind: 'delay';
      readonly from: readonly string[];
      readonly to: readonly string[];
      readonly oneWay: boolean;
      readonly delayMillis: number;
      readonly jitterMillis: number;
    };

export type Verdict =
  | { readonly action: 'pass' }
  | { readonly action: 'deliver'; readonly delayMillis: number }
  | { readonly action: 'drop'; readonly rule: string };

const PASS: Verdict = { action: 'pass' };

/** `*` in a group means every node. */
function inGroup(group: readonly string[], name: string): boolean {
  return group.includes(name) || group.includes('*');
}

function covers(rule: Rule, from: string, to: string): boolean {
  if (inGroup(rule.from, from) && inGroup(rule.to, to)) return true;
  return !rule.oneWay && inGroup(rule.from, to) && inGroup(rule.to, from);
}

/** Judges one frame; delays of several rules add up; a cut wins. `fraction` gives doubles in [0, 1). */
export function judge(rules: readonly Rule[], frame: { readonly from: string; readonly to: string }, fraction: () => number): Verdict {
  if (rules.length === 0) return PASS;
  let delayMillis = 0;
  for (const rule of rules) {
    if (!covers(rule, frame.from, frame.to)) continue;
    switch (rule.kind) {
      case 'cut':
        return { action: 'drop', rule: rule.id };
      case 'delay':
        delayMillis += rule.delayMillis + (rule.jitterMillis > 0 ? rule.jitterMillis * fraction() : 0);
        break;
    }
  }
  return delayMillis > 0 ? { action: 'deliver', delayMillis } : PASS;
}
