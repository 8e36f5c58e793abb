/** What one of its nodes shows of a conversation: oldest first. */
export interface HeardText {
  readonly id: string;
  readonly text: string;
  readonly fromMe: boolean;
}

/** Something to be sent by the node on the other side. */
export interface PassedOn {
  /** 0 or 1: which of the two nodes sends it. */
  readonly by: number;
  readonly text: string;
}

/**
 * A man in the middle, as a scenario loads him: he owns two nodes, and each bears the name of somebody whom the other side wants to
 * reach. What one hears the other says, changed as he likes. All his keys are his own and all his signatures hold, so that no check of
 * a signature can find him: only people who compare their safety numbers can.
 */
export class ManInTheMiddle {
  readonly #change: (text: string) => string;
  readonly #passed = [new Set<string>(), new Set<string>()] as const;
  count = 0;

  constructor(change: (text: string) => string) {
    this.#change = change;
  }

  /** What the node of that side shows now; what is new in it is to be passed on, once. */
  heard(side: 0 | 1, texts: readonly HeardText[]): PassedOn[] {
    const orders: PassedOn[] = [];
    for (const { id, text, fromMe } of texts) {
      if (fromMe || this.#passed[side].has(id)) continue;
      this.#passed[side].add(id);
      this.count += 1;
      orders.push({ by: 1 - side, text: this.#change(text) });
    }
    return orders;
  }
}
