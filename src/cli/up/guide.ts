import type { ControlClient } from '../../control/protocol.ts';
import type { NodeEvent, NodeInfo } from '../../core/commands.ts';

export interface GuideOptions {
  readonly me: string;
  readonly bots: readonly string[];
}

/** So that a notice is not hidden by the first screen, ms. */
const NOTICE_DELAY_MILLIS = 700;

/**
 * Stands between the terminal and its node and slips in a hint where a newcomer needs one.
 * It only adds notices; commands, answers and events pass unchanged.
 */
export class Guide {
  readonly #options: GuideOptions;
  #tell: ((event: NodeEvent) => void) | null = null;
  #newcomer = false;

  constructor(options: GuideOptions) {
    this.#options = options;
  }

  /** Shows a sentence in the terminal, if one is attached. */
  notice(text: string): void {
    this.#tell?.({ type: 'notice', level: 'info', text });
  }

  async accompany(client: ControlClient): Promise<ControlClient> {
    const info = (await client.call('info')) as NodeInfo;
    this.#newcomer = !info.registered;
    const { me } = this.#options;
    this.#hint(
      info.registered
        ? `Welcome back. Choose "Log in" with the password of ${me}.`
        : `Welcome! Choose "Register" and think of a password: that makes you ${me}. ${this.#company()}`,
    );
    return {
      call: (command, args) => client.call(command, args),
      onEvent: (listener) => {
        this.#tell = listener;
        client.onEvent((event) => {
          listener(event);
          this.#see(event as NodeEvent);
        });
      },
      onClose: (listener) => client.onClose(listener),
      close: () => client.close(),
    };
  }

  #see(event: NodeEvent): void {
    if (event.type !== 'logged-in' || !this.#newcomer) return;
    this.#newcomer = false;
    const [first, second] = this.#options.bots;
    if (first === undefined) this.#hint('You are in. Open another terminal with "confab tui <name>" to have company.');
    else this.#hint(`You are in. ${first} is about to ask you to be friends${second === undefined ? '' : `; ask ${second} yourself: /add ${second}`}.`);
  }

  #company(): string {
    const { bots } = this.#options;
    if (bots.length === 0) return 'F1 is help.';
    return `${listed(bots)} ${bots.length === 1 ? 'is a bot and is' : 'are bots and are'} on line already.`;
  }

  #hint(text: string): void {
    setTimeout(() => this.notice(text), NOTICE_DELAY_MILLIS).unref();
  }
}

/** `bob, carol and dave` */
export function listed(names: readonly string[]): string {
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}
