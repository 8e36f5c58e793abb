import type { TraceEvent } from '../../src/core/trace.ts';
import type { LabCheck, LabFinding } from '../../src/lab/check.ts';
import type { LabAnswer, LabEnv, LabProgram } from '../../src/lab/program.ts';

/**
 * Rumours (Demers et al., Epidemic algorithms, PODC 1987): whoever hears news tells it to a few people drawn at random, several
 * rounds long; and now and then everybody compares all with somebody, so that the last one hears it, too.
 */

type Message =
  | { readonly type: 'rumour'; readonly id: string; readonly text: string }
  /** Ids of all that the sender knows; the receiver answers with what is missing there. */
  | { readonly type: 'compare'; readonly ids: readonly string[] };

const FANOUT = 2;
const ROUNDS = 4;
const ROUND_MILLIS = 100;
const COMPARE_MILLIS = 500;

class Gossip implements LabProgram<Message> {
  readonly #env: LabEnv<Message>;
  readonly #known = new Map<string, string>();
  /** Rounds that are left for each rumour. */
  readonly #hot = new Map<string, number>();

  constructor(env: LabEnv<Message>) {
    this.#env = env;
    for (const [id, text] of env.load<ReadonlyArray<readonly [string, string]>>('known') ?? []) this.#known.set(id, text);
  }

  start(): void {
    for (const id of this.#known.keys()) this.#env.state('kept', id, 'over the restart');
    this.#env.setTimer('round', ROUND_MILLIS * this.#env.fraction());
    this.#env.setTimer('compare', COMPARE_MILLIS * this.#env.fraction());
  }

  command(name: string, args: Readonly<Record<string, unknown>>, answer: LabAnswer): void {
    if (name === 'known') return answer.done([...this.#known.values()].sort());
    if (name !== 'tell') return answer.refuse(`there is no command ${name}; there are tell and known`);
    const id = this.#env.freshId();
    this.#env.state('rumour', id, 'started');
    this.#hear(id, String(args['text']));
    answer.done();
  }

  receive(from: string, message: Message): void {
    switch (message.type) {
      case 'rumour':
        return this.#hear(message.id, message.text);
      case 'compare':
        for (const [id, text] of this.#known) if (!message.ids.includes(id)) this.#env.send(from, { type: 'rumour', id, text });
        return;
    }
  }

  timer(kind: string): void {
    if (kind === 'round') {
      for (const [id, left] of this.#hot) {
        for (let count = 0; count < FANOUT; count += 1) this.#send({ type: 'rumour', id, text: this.#known.get(id) as string });
        if (left === 1) this.#hot.delete(id);
        else this.#hot.set(id, left - 1);
      }
      return this.#env.setTimer('round', ROUND_MILLIS);
    }
    this.#send({ type: 'compare', ids: [...this.#known.keys()] });
    this.#env.setTimer('compare', COMPARE_MILLIS);
  }

  #send(message: Message): void {
    const { peers } = this.#env;
    const peer = peers[Math.floor(this.#env.fraction() * peers.length)];
    if (peer !== undefined) this.#env.send(peer, message);
  }

  #hear(id: string, text: string): void {
    if (this.#known.has(id)) return;
    this.#known.set(id, text);
    this.#hot.set(id, ROUNDS);
    this.#env.save('known', [...this.#known]);
    this.#env.show('rumour', id);
  }
}

/**
 * Everybody who runs at the end has every rumour, and was told of it once. Who is killed in the moment between writing one down and
 * showing it has it without having shown it: what comes first decides whether such a node shows it never or twice.
 */
const EVERYBODY_HEARS: LabCheck = {
  name: 'everybody-hears',
  about: 'Every rumour is at every node that runs at the end, and is shown there once: never if it was killed before it could.',
  judge: (trace: readonly TraceEvent[]): LabFinding => {
    const rumours = new Set<string>();
    const heard = new Set<string>();
    const kept = new Set<string>();
    const running = new Set<string>();
    for (const { id, node, detail } of trace) {
      if (detail.type === 'life' && detail.what === 'start') running.add(node);
      else if (detail.type === 'life' && detail.what !== 'reload' && detail.what !== 'stop') running.delete(node);
      else if (detail.type === 'state' && detail.subject === 'rumour') rumours.add(detail.id);
      else if (detail.type === 'state' && detail.subject === 'kept') kept.add(`${node} ${detail.id}`);
      else if (detail.type === 'shown' && detail.what === 'rumour') {
        const key = `${node} ${detail.id}`;
        if (heard.has(key)) return { outcome: 'broken', evidence: `${node} was told of ${detail.id} twice`, events: [id] };
        heard.add(key);
      }
    }
    for (const rumour of rumours) {
      const deaf = [...running].find((node) => !heard.has(`${node} ${rumour}`) && !kept.has(`${node} ${rumour}`));
      if (deaf !== undefined) return { outcome: 'broken', evidence: `${deaf} has not heard ${rumour}`, events: [] };
    }
    return rumours.size === 0
      ? { outcome: 'not-judged', evidence: 'no rumours' }
      : { outcome: 'holds', evidence: `${rumours.size} rumours at ${running.size} nodes` };
  },
};

export const program = (env: LabEnv): LabProgram => new Gossip(env as LabEnv<Message>) as LabProgram;

export const checks = [EVERYBODY_HEARS];
