import { concat, toHex, utf8 } from '../core/bytes.ts';
import type { Env, Program } from '../core/env.ts';
import { letterId, openMail, signMailReceipt } from '../core/mail/mail-value.ts';
import type { Frame, Message } from '../core/messages.ts';
import { type ChatNodeOptions, chatNode } from '../core/node.ts';
import { MAIL_KIND } from '../core/replication/kinds/mail-kind.ts';
import type { Page, ReplicaAnswer, Stored } from '../core/replication/replication-port.ts';
import { alteredEnv } from './altered-env.ts';

/**
 * What somebody does with letters that were left with them for others; for each holder one or several.
 *
 * withhold: takes and confirms them, and gives none out. forget: the same, and tells other holders that it has none, so that they bring
 * them again. forge: gives out letters with turned bytes, and receipts in the name of the recipient, signed by its own key. replay: gives
 * out every letter that it ever saw, although its recipient has confirmed it. reorder: gives them out back to front.
 */
export type MailHabit = 'withhold' | 'forget' | 'forge' | 'replay' | 'reorder';

const SEEN_MAX = 512;
/** As many as one page takes. */
const PAGE_VALUES_MAX = 64;

/** A chat node and member of the ring that is honest but for the mail of others. It reads what it holds, and finds nothing to read. */
export function hostileHolder(env: Env<Frame>, settings: ChatNodeOptions, habits: readonly MailHabit[]): Program<Frame> {
  const holder = new HostileHolder(env, habits);
  const program = chatNode(
    alteredEnv(env, (message) => holder.say(message)),
    settings,
  );
  const hear = program.input.bind(program);
  program.input = (from, frame) => {
    for (const message of frame.messages) holder.hear(message);
    hear(from, frame);
  };
  return program;
}

class HostileHolder {
  readonly #env: Env<Frame>;
  readonly #habits: ReadonlySet<MailHabit>;
  readonly #seen = new Map<string, Stored>();

  constructor(env: Env<Frame>, habits: readonly MailHabit[]) {
    this.#env = env;
    this.#habits = new Set(habits);
  }

  hear(message: Message): void {
    if (message.type !== 'replica-ask') return;
    const { question } = message;
    if (question.ask === 'put') this.#keep(question.value);
    if (question.ask === 'push') for (const value of question.page.values) this.#keep(value);
  }

  #keep(value: Stored): void {
    if (value.kind !== MAIL_KIND || this.#seen.size >= SEEN_MAX) return;
    const mail = openMail(this.#env, value.bytes);
    if (typeof mail !== 'string' && mail.what === 'letter') this.#seen.set(mail.messageId, value);
  }

  say(message: Message): Message {
    if (message.type === 'replica-answer') return { ...message, answer: this.#answer(message.answer) };
    // What it hands on as an owner is altered like what it answers.
    if (message.type === 'replica-ask' && message.question.ask === 'push') {
      return { ...message, question: { ...message.question, page: this.#page(message.question.page) } };
    }
    return message;
  }

  #answer(answer: ReplicaAnswer): ReplicaAnswer {
    switch (answer.answer) {
      case 'page':
        return { ...answer, page: this.#page(answer.page) };
      case 'items':
        return this.#habits.has('forget') ? { ...answer, items: answer.items.filter(([name]) => !name.includes(`/${MAIL_KIND}/`)) } : answer;
      case 'same':
      case 'parts':
      case 'taken':
      case 'wanted':
      case 'put':
      case 'outside':
        return answer;
    }
  }

  #page(page: Page): Page {
    let values = page.values;
    const isMail = values.some(({ kind }) => kind === MAIL_KIND);
    if (this.#habits.has('withhold') || this.#habits.has('forget')) values = values.filter(({ kind }) => kind !== MAIL_KIND);
    if (this.#habits.has('replay')) values = [...values.filter(({ kind }) => kind !== MAIL_KIND), ...this.#seen.values()];
    if (this.#habits.has('forge') && isMail) values = [...values.flatMap((value) => this.#forged(value)), ...values];
    if (this.#habits.has('reorder')) values = values.toReversed();
    values = values.slice(0, PAGE_VALUES_MAX);
    return { values, hash: this.#hashOf(values) };
  }

  /** The page is a whole one: what is wrong with it are its letters. */
  #hashOf(values: readonly Stored[]): string {
    const { crypto } = this.#env;
    return toHex(crypto.sha256(concat(...values.map(({ kind, bytes }) => crypto.sha256(concat(utf8(`${kind}\0`), bytes))))));
  }

  #forged(value: Stored): Stored[] {
    if (value.kind !== MAIL_KIND) return [];
    const mail = openMail(this.#env, value.bytes);
    if (typeof mail === 'string' || mail.what !== 'letter') return [];
    const turned = value.bytes.slice();
    const middle = Math.floor(turned.length / 2);
    turned[middle] = (turned[middle] ?? 0) ^ 1;
    const key = this.#env.crypto.signingKeyPair(this.#env.nodeKeys.signingSeed);
    const receipt = signMailReceipt(this.#env, key, {
      letterId: letterId(this.#env.crypto, mail),
      verdict: 'delivered',
      atMillis: Math.trunc(this.#env.wallMillis),
      expiresMillis: mail.expiresMillis,
    });
    return [
      { kind: MAIL_KIND, bytes: turned },
      { kind: MAIL_KIND, bytes: receipt },
    ];
  }
}
