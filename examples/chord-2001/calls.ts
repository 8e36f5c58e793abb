import type { LabEnv } from '../../src/lab/program.ts';

/** Questions and answers over messages. */
export type Wire<Question, Answer> =
  | { readonly type: 'ask'; readonly call: number; readonly body: Question }
  | { readonly type: 'answer'; readonly call: number; readonly body: Answer };

interface Call<Answer> {
  readonly to: string;
  readonly answered: (answer: Answer | null) => void;
}

/** Longer than there and back on the slowest line, so that silence means death: a perfect failure detector. */
const TIMEOUT_MILLIS = 60;

/** Asks other nodes; whoever does not answer in time is taken for dead. */
export class Calls<Question, Answer> {
  readonly #env: LabEnv<Wire<Question, Answer>>;
  readonly #open = new Map<number, Call<Answer>>();
  #count = 0;

  constructor(env: LabEnv<Wire<Question, Answer>>) {
    this.#env = env;
  }

  /** Calls back once, never within this call; null: no answer. */
  ask(to: string, body: Question, answered: (answer: Answer | null) => void): void {
    this.#count += 1;
    this.#open.set(this.#count, { to, answered });
    this.#env.send(to, { type: 'ask', call: this.#count, body });
    this.#env.setTimer('call', TIMEOUT_MILLIS, String(this.#count));
  }

  answer(from: string, call: number, body: Answer): void {
    const open = this.#open.get(call);
    if (open?.to !== from) return;
    this.#open.delete(call);
    this.#env.cancelTimer('call', String(call));
    open.answered(body);
  }

  timeout(key: string): void {
    const open = this.#open.get(Number(key));
    this.#open.delete(Number(key));
    open?.answered(null);
  }
}
