export type Reply = (outcome: { ok: true; value: unknown } | { ok: false; code: string; details?: Record<string, unknown> }) => void;

/** Lets one slow operation run at a time; who comes meanwhile is told with what the node is busy. */
export class OneAtATime {
  #busyWith: string | null = null;

  /** True when another one runs, and `reply` was told so. */
  refuses(reply: Reply): boolean {
    if (this.#busyWith === null) return false;
    reply({ ok: false, code: 'busy', details: { what: this.#busyWith } });
    return true;
  }

  /** The operation lasts until the reply that this returns is called. */
  begin(what: string, reply: Reply): Reply {
    this.#busyWith = what;
    return (outcome) => {
      this.#busyWith = null;
      reply(outcome);
    };
  }
}
