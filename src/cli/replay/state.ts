import type { TraceEvent } from '../../core/trace.ts';

/** What is known of a node at one moment of a trace. */
export interface NodeState {
  up: boolean;
  /** `logged in`, `overtaken` ...; empty when nobody ever was. */
  session: string;
  ring: string;
  shown: number;
  /** The last thing that changed there, in words. */
  last: string;
}

/** The network as a trace tells it, moved on event by event. */
export class ReplayState {
  readonly nodes = new Map<string, NodeState>();
  /** Frames that were sent and not received or dropped so far. */
  readonly underWay = new Map<string, string>();
  readonly rules = new Set<string>();
  /** Ticks of messages: how many are in each state. */
  readonly messages = new Map<string, string>();
  position = 0;

  apply(event: TraceEvent): void {
    this.position += 1;
    const { node, detail } = event;
    if (node === 'runner') {
      if (detail.type !== 'rule') return;
      this.rules.clear();
      for (const rule of detail.rules) this.rules.add(rule);
      return;
    }
    const state = this.#node(node);
    switch (detail.type) {
      case 'life':
        state.last = detail.what;
        if (detail.what === 'reload') return;
        state.up = detail.what === 'start';
        if (!state.up) state.session = '';
        return;
      case 'send':
        this.underWay.set(detail.frame, `${node} -> ${detail.to}`);
        return;
      case 'receive':
        this.underWay.delete(detail.frame);
        return;
      case 'drop':
        if (detail.frame !== undefined) this.underWay.delete(detail.frame);
        return;
      case 'shown':
        state.shown += 1;
        state.last = `shown ${detail.what} ${detail.id}`;
        return;
      case 'state':
        state.last = `${detail.subject} ${detail.id}: ${detail.to}`;
        if (detail.subject === 'session') state.session = detail.to;
        if (detail.subject === 'ring')
          state.ring = `${detail.to} · ${String(detail.data?.['predecessor'] ?? '')} < > ${String(detail.data?.['successors'] ?? '')}`;
        if (detail.subject === 'message') this.messages.set(detail.id, detail.to);
        return;
      case 'timer':
      case 'command':
      case 'answer':
      case 'rule':
      case 'note':
        return;
    }
  }

  #node(name: string): NodeState {
    let state = this.nodes.get(name);
    if (state === undefined) {
      state = { up: false, session: '', ring: '', shown: 0, last: '' };
      this.nodes.set(name, state);
    }
    return state;
  }

  /** `4 delivered, 1 queued`. */
  sayMessages(): string {
    const tally = new Map<string, number>();
    for (const state of this.messages.values()) tally.set(state, (tally.get(state) ?? 0) + 1);
    return tally.size === 0 ? 'none' : [...tally].map(([state, count]) => `${count} ${state}`).join(', ');
  }
}

/** The state after the first `position` events. */
export function stateAt(events: readonly TraceEvent[], position: number): ReplayState {
  const state = new ReplayState();
  for (const event of events.slice(0, position)) state.apply(event);
  return state;
}
