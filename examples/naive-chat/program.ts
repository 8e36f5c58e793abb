import type { TraceEvent } from '../../src/core/trace.ts';
import type { LabCheck, LabFinding } from '../../src/lab/check.ts';
import type { LabAnswer, LabEnv, LabProgram } from '../../src/lab/program.ts';

/**
 * A chat as one writes it on the first evening: the whole conversation is one document, whoever wrote last wins; a direct message
 * is sent once and gets its tick at once; what was shown is remembered in memory. Each of the three is a mistake, and each has a
 * checker that shows it.
 */

interface Line {
  readonly id: string;
  readonly from: string;
  readonly text: string;
}

interface Document {
  readonly writtenMillis: number;
  readonly lines: readonly Line[];
}

type Message = { readonly type: 'document'; readonly document: Document } | { readonly type: 'direct'; readonly id: string; readonly text: string };

const EVERYBODY = 'everybody';
const EMPTY: Document = { writtenMillis: 0, lines: [] };

class NaiveChat implements LabProgram<Message> {
  readonly #env: LabEnv<Message>;
  readonly #shown = new Set<string>();

  constructor(env: LabEnv<Message>) {
    this.#env = env;
  }

  /** After a restart the conversation is on the screen again. */
  start(): void {
    this.#show(this.#document);
  }

  get #document(): Document {
    return this.#env.load<Document>('document') ?? EMPTY;
  }

  command(name: string, args: Readonly<Record<string, unknown>>, answer: LabAnswer): void {
    switch (name) {
      case 'say':
        this.#say(String(args['text']));
        return answer.done();
      case 'write':
        this.#write(String(args['to']), String(args['text']));
        return answer.done();
      case 'lines':
        return answer.done(this.#document.lines.map(({ from, text }) => `${from}: ${text}`));
      default:
        return answer.refuse(`there is no command ${name}; there are say, write and lines`);
    }
  }

  receive(from: string, message: Message): void {
    switch (message.type) {
      case 'document':
        // Last writer wins: what only this node had is gone.
        if (message.document.writtenMillis > this.#document.writtenMillis) this.#keep(message.document);
        return;
      case 'direct':
        return this.#env.show('message', message.id, { from, place: this.#place(message.id) });
    }
  }

  #say(text: string): void {
    const line: Line = { id: this.#env.freshId(), from: this.#env.name, text };
    const document: Document = { writtenMillis: this.#env.wallMillis, lines: [...this.#document.lines, line] };
    this.#env.state('line', line.id, 'said');
    this.#keep(document);
    for (const peer of this.#env.peers) this.#env.send(peer, { type: 'document', document });
  }

  #write(to: string, text: string): void {
    const id = this.#env.freshId();
    this.#env.state('message', id, 'queued', { peer: to, place: this.#place(id) });
    this.#env.send(to, { type: 'direct', id, text });
    // Sent is as good as delivered, is it not?
    this.#env.state('message', id, 'delivered', { peer: to });
  }

  #place(id: string): string {
    return `${String(this.#env.wallMillis).padStart(16, '0')}-${id}`;
  }

  #keep(document: Document): void {
    this.#env.save('document', document);
    this.#env.state('document', this.#env.name, 'replaced', { lines: document.lines.map(({ id }) => id).join(' ') });
    this.#show(document);
  }

  #show(document: Document): void {
    for (const { id, from } of document.lines) {
      if (this.#shown.has(id)) continue;
      this.#shown.add(id);
      this.#env.show('room-message', id, { roomId: EVERYBODY, from, order: this.#place(id) });
    }
  }
}

/** What somebody said is in everybody's document at the end, unless that node does not run. */
const NOTHING_OVERWRITTEN: LabCheck = {
  name: 'nothing-overwritten',
  about: 'What was said is in the conversation at every node at the end.',
  judge: (trace: readonly TraceEvent[]): LabFinding => {
    const said = new Map<string, string>();
    const documents = new Map<string, { readonly lines: ReadonlySet<string>; readonly event: string }>();
    for (const { id, node, detail } of trace) {
      if (detail.type !== 'state') continue;
      if (detail.subject === 'line') said.set(detail.id, id);
      if (detail.subject === 'document') documents.set(node, { lines: new Set(String(detail.data?.['lines'] ?? '').split(' ')), event: id });
    }
    for (const [line, event] of said) {
      for (const [node, document] of documents) {
        if (!document.lines.has(line))
          return { outcome: 'broken', evidence: `a line of ${event.split('/')[0]} is gone at ${node}`, events: [event, document.event] };
      }
    }
    return said.size === 0
      ? { outcome: 'not-judged', evidence: 'nobody said anything' }
      : { outcome: 'holds', evidence: `${said.size} lines at ${documents.size} nodes` };
  },
};

export const program = (env: LabEnv): LabProgram => new NaiveChat(env as LabEnv<Message>) as LabProgram;

export const checks = [NOTHING_OVERWRITTEN];
