import type { KeyPair } from '../capabilities.ts';
import { SEED_OPTIONS } from '../directory/seed-options.ts';
import { VAULT_NONCE_BYTES, vaultChallengeBytes } from '../directory/vault-challenge.ts';
import { VaultGuard } from '../directory/vault-guard.ts';
import type { Link } from '../link/link.ts';
import type { Message } from '../messages.ts';
import type { Parts } from '../parts.ts';
import type { UserId } from '../types.ts';
import { asVault, decodeVault, type Vault } from './vault.ts';

type Of<Type extends Message['type']> = Extract<Message, { type: Type }>;

export type PeerVault =
  | { readonly type: 'vault'; readonly vault: Vault }
  | { readonly type: 'none' }
  /** Too many wrong proofs there. */
  | { readonly type: 'paused'; readonly seconds: number };

interface Fetch {
  readonly userId: UserId;
  readonly name: string;
  readonly authentication: KeyPair;
  readonly done: (outcome: PeerVault) => void;
  readonly asked: Set<Link>;
}

const AGAIN = 'again';
const AGAIN_MILLIS = 250;
const EMPTY: Uint8Array = new Uint8Array();

/**
 * Hands the locked vault from a node where the user is logged in to a login elsewhere, against a signature over a fresh nonce
 * by the key that the password gives. Other places a vault may come from (recovery words, the ring) need no node that is logged in.
 *
 * Invariants
 * 1. The vault leaves only for a right signature, over a nonce of this node that was not used before.
 * 2. Wrong signatures are slowed down by growing pauses; asking again with an old nonce is not counted against anybody.
 * 3. Who does not know the password gets a nonce and nothing else.
 */
export class VaultExchange {
  readonly #parts: Parts;
  readonly #guard = new VaultGuard(SEED_OPTIONS);
  #fetch: Fetch | null = null;
  #again: (() => void) | null = null;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  // --- asking ---

  /** Whose nodes a login here is looking for. */
  get wanted(): UserId | null {
    return this.#fetch?.userId ?? null;
  }

  /** Calls back once, within `vaultFetchMillis`. */
  fetch(of: { readonly userId: UserId; readonly name: string; readonly authentication: KeyPair }, done: (outcome: PeerVault) => void): void {
    const { env, options, links, connections } = this.#parts;
    this.#fetch = { ...of, done, asked: new Set() };
    env.setTimer('vault', '', options.vaultFetchMillis);
    for (const link of links.upLinks()) this.linkReady(link);
    connections.reviewSoon();
  }

  /** A link is up, or its peer has logged in. */
  linkReady(link: Link): void {
    const fetch = this.#fetch;
    if (fetch === null || link.userId !== fetch.userId || !link.established || !link.sessionSaid || fetch.asked.has(link)) return;
    fetch.asked.add(link);
    this.#parts.links.send(link, { type: 'vault-ask', name: fetch.name, nonce: EMPTY, signature: EMPTY });
  }

  /** Calls back a little later: a node that has just started may know nobody yet. */
  later(again: () => void): void {
    this.#again = again;
    this.#parts.env.setTimer('vault', AGAIN, AGAIN_MILLIS);
  }

  /** Timer: nobody had it in time, or it is time to look again. */
  timer(key: string): void {
    if (key !== AGAIN) return this.#settle({ type: 'none' });
    const again = this.#again;
    this.#again = null;
    again?.();
  }

  answer(link: Link, message: Of<'vault-answer'>): void {
    const { env, links } = this.#parts;
    const fetch = this.#fetch;
    if (fetch === null || !fetch.asked.has(link)) return;
    switch (message.verdict) {
      case 'nonce': {
        const nonce = message.bytes;
        const signature = env.crypto.sign(fetch.authentication.secretKey, vaultChallengeBytes(fetch.name, nonce));
        links.send(link, { type: 'vault-ask', name: fetch.name, nonce, signature });
        return;
      }
      case 'vault': {
        const vault = decodeVault(env, message.bytes);
        if (vault !== null && vault.name === fetch.name) this.#settle({ type: 'vault', vault });
        return;
      }
      case 'paused':
        return this.#settle({ type: 'paused', seconds: message.seconds });
      case 'refused':
        return;
    }
  }

  #settle(outcome: PeerVault): void {
    const fetch = this.#fetch;
    this.#fetch = null;
    this.#parts.env.cancelTimer('vault', '');
    fetch?.done(outcome);
  }

  // --- giving ---

  ask(link: Link, message: Of<'vault-ask'>): void {
    const { env, session, settings } = this.#parts;
    const user = session.userRecord();
    const { name } = message;
    if (user === null || name !== settings.user) return this.#reply(link, 'refused');
    const now = env.monotonicMillis;
    const seconds = this.#guard.pauseSeconds(name, now);
    if (seconds > 0) return this.#reply(link, 'paused', EMPTY, seconds);
    if (message.nonce.length === 0) {
      const nonce = env.random.bytes(VAULT_NONCE_BYTES);
      this.#guard.give(name, nonce, now);
      return this.#reply(link, 'nonce', nonce);
    }
    if (!this.#guard.take(name, message.nonce, now)) return this.#reply(link, 'refused');
    const vault = asVault(env.store.get('vault', name));
    if (!env.crypto.verify(user.body.authenticationKey, vaultChallengeBytes(name, message.nonce), message.signature)) {
      this.#guard.wrong(name, now);
      this.#parts.count('vaultProofsWrong');
      return this.#reply(link, 'refused');
    }
    this.#guard.right(name);
    if (vault === null) return this.#reply(link, 'refused');
    this.#reply(link, 'vault', env.codec.encode(vault));
  }

  #reply(link: Link, verdict: Of<'vault-answer'>['verdict'], bytes = EMPTY, seconds = 0): void {
    const { env, links } = this.#parts;
    if (env.tracing && verdict !== 'nonce') env.trace({ type: 'state', subject: 'vault', id: link.name, to: verdict === 'vault' ? 'handed over' : verdict });
    links.send(link, { type: 'vault-answer', verdict, bytes, seconds });
  }
}
