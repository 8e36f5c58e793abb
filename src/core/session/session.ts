import type { KeyPair } from '../capabilities.ts';
import type { ServiceResult } from '../env.ts';
import type { Parts } from '../parts.ts';
import { certifyNode, idOfKey, type NodeCertificate, type RecordBodies, type RecordType, signRecord, type VerifiedRecord } from '../records.ts';
import type { Services } from '../services.ts';
import type { NodeId, UserId } from '../types.ts';
import { buryAccount } from './bury-account.ts';
import type { Claim } from './claim.ts';
import { type FetchedVault, fetchVault } from './fetch-vault.ts';
import { LocalVault, PASSWORD_CHANGED_TEXT } from './local-vault.ts';
import { nameIsOurs, tellNameLost } from './name-claim.ts';
import { newAccount } from './new-account.ts';
import { OneAtATime, type Reply } from './one-at-a-time.ts';
import { OwnClaim } from './own-claim.ts';
import { PasswordAttempts, refusesNewPassword } from './password-attempts.ts';
import { recoverAccount } from './recover-account.ts';
import { wordsOfBytes } from './recovery-words.ts';
import { openVault, passwordKeys, type Vault, type VaultSecrets } from './vault.ts';

/** The keys of whoever is logged in. */
export interface OpenSession {
  readonly userId: UserId;
  readonly identity: KeyPair;
  readonly sealing: KeyPair;
  readonly secrets: VaultSecrets;
}

/** Under this name an open session outlives a reload of the program. */
const KEPT_SESSION = 'session';

const SET_ASIDE_TEXT = 'The history on this disk was damaged. It was set aside; what friends and the seed server know comes back.';

interface KeptSession {
  readonly secrets: VaultSecrets;
  readonly claim: Claim;
}

/**
 * Who this node is and who is logged in at it: registration, login, logout, deletion, and the records that say so.
 *
 * Invariants
 * 1. The password and what is derived from it never leave this module, and nothing of it is stored.
 * 2. Private keys of the user are in memory only while somebody is logged in.
 * 3. Of the slow operations one runs at a time.
 * 4. A user has one session: it ends as soon as this node knows of a claim above its own (claim.ts).
 */
export class Session {
  readonly #parts: Parts;
  readonly #services: Services;
  readonly #nodePair: KeyPair;
  readonly nodeId: NodeId;
  #open: OpenSession | null = null;
  readonly #operations = new OneAtATime();
  readonly #attempts: PasswordAttempts;
  #nodeRecord!: VerifiedRecord<'node'>;
  #certificate: NodeCertificate | null = null;
  readonly #claim: OwnClaim;
  readonly #vault: LocalVault;

  constructor(parts: Parts, services: Services) {
    this.#parts = parts;
    this.#services = services;
    this.#attempts = new PasswordAttempts(parts.options);
    this.#nodePair = parts.env.crypto.signingKeyPair(parts.env.nodeKeys.signingSeed);
    this.nodeId = idOfKey(parts.env.crypto, this.#nodePair.publicKey);
    this.#claim = new OwnClaim(parts, this.nodeId);
    this.#vault = new LocalVault(parts);
  }

  /** A session that was open when the program was thrown away (a full disk) opens again by itself. */
  start(): void {
    const { env } = this.#parts;
    this.#certificate = env.store.get<NodeCertificate>('self', 'certificate') ?? null;
    this.announceNode();
    const kept = env.kept<KeptSession>(KEPT_SESSION);
    if (kept !== undefined) this.#enter(kept.secrets, () => {}, kept.claim);
    else if (env.store.unlocked) env.store.lock();
  }

  get open(): OpenSession | null {
    return this.#open;
  }

  get userId(): UserId | null {
    return this.#open?.userId ?? null;
  }

  /** Whose node this is, logged in or not; null before the first login. */
  get ownerId(): UserId | null {
    return this.#certificate === null ? null : (idOfKey(this.#parts.env.crypto, this.#certificate.userKey) as UserId);
  }

  /** What this session's presence says of it. */
  get claim(): Claim {
    return this.#claim.current;
  }

  get registered(): boolean {
    return this.#vault.get() !== null || this.#vault.isOutdated;
  }

  /** The session's own user record, as the network has it. */
  userRecord(): VerifiedRecord<'user'> | null {
    return this.#open === null ? null : this.#parts.view.user(this.#open.userId);
  }

  get nodeRecord(): VerifiedRecord<'node'> {
    return this.#nodeRecord;
  }

  /** A sequence number that grows also when the own disk was lost: wall time, or one more than the last known. */
  #nextSequence(last: number | undefined): number {
    return Math.max((last ?? 0) + 1, Math.trunc(this.#parts.env.wallMillis));
  }

  signAsUser<Type extends RecordType>(type: Type, body: RecordBodies[Type], lastSequence?: number): VerifiedRecord<Type> {
    if (this.#open === null) throw new Error('signing needs an open session');
    const { env } = this.#parts;
    return signRecord(env, this.#open.identity, { type, sequence: this.#nextSequence(lastSequence), wallMillis: Math.trunc(env.wallMillis), body });
  }

  /** The node is somebody's: only then is it a member of the ring. */
  get certified(): boolean {
    return this.#certificate !== null;
  }

  /** Signs the node's own record afresh and tells it to everybody. */
  announceNode(gone = false): void {
    const { env, settings, view, sync, seed } = this.#parts;
    const body = {
      agreementKey: env.endpoint.key,
      addresses: env.datagramAddress === null ? [env.endpoint.address] : [env.endpoint.address, env.datagramAddress],
      label: settings.label,
      run: env.run,
      gone,
      certificate: this.#certificate,
    };
    const last = view.node(this.nodeId)?.sequence;
    this.#nodeRecord = signRecord(env, this.#nodePair, { type: 'node', sequence: this.#nextSequence(last), wallMillis: Math.trunc(env.wallMillis), body });
    sync.announce(this.#nodeRecord.signed);
    if (this.#certificate !== null) seed.publish(this.#nodeRecord as VerifiedRecord);
  }

  ownRecords(): VerifiedRecord[] {
    const records: VerifiedRecord[] = [];
    const user = this.userRecord();
    if (user !== null) records.push(user);
    if (this.#certificate !== null) records.push(this.#nodeRecord);
    const presence = this.#open === null ? undefined : this.#parts.view.presenceOf(this.#open.userId);
    if (presence !== undefined) records.push(presence);
    const prekeys = this.#open === null ? undefined : this.#parts.view.prekeysOf(this.#open.userId);
    if (prekeys !== undefined) records.push(prekeys);
    if (this.#open !== null) records.push(this.#vaultRecord());
    return records;
  }

  #vaultRecord(): VerifiedRecord<'vault'> {
    const { env, settings } = this.#parts;
    const vault = env.codec.encode(this.#vault.get());
    return this.signAsUser('vault', { name: settings.user, vault });
  }

  // --- registration ---

  register(args: { password: string; displayName?: string }, reply: Reply): void {
    const { options, settings, lookup } = this.#parts;
    const name = settings.user;
    if (this.#operations.refuses(reply) || this.#parts.burial.refuses(reply)) return;
    if (this.registered) return reply({ ok: false, code: 'already-registered', details: { name } });
    if (refusesNewPassword(options, args.password, reply)) return;
    const done = this.#operations.begin('a registration', reply);
    lookup.find(name, (holder) => {
      if (holder !== null) return done({ ok: false, code: 'name-taken', details: { name } });
      const salt = this.#parts.env.random.bytes(16);
      this.#derive(args.password, salt, options.derivation, (result) => {
        if (!result.ok) return done({ ok: false, code: 'internal', details: { reason: result.code } });
        this.#create(args, salt, result.value as Uint8Array, done);
      });
    });
  }

  #create(args: { displayName?: string }, salt: Uint8Array, master: Uint8Array, done: Reply): void {
    const { env, settings } = this.#parts;
    const name = settings.user;
    const { secrets, vault, user } = newAccount(this.#parts, { salt, master, displayName: args.displayName ?? '' });
    // Kept before anybody hears of it: a name that is taken by a key which nobody has would be lost for good.
    this.#vault.put(vault);
    env.store.put('self', 'user', user.signed);
    // The seed server, where there is one, is the first to judge who came first; without it the view's rule holds.
    this.#parts.seed.call('publish', { records: [user.signed] }, (result) => {
      const verdict = result.ok ? (result.value as { results: ReadonlyArray<{ accepted: boolean; code?: string }> }).results[0] : undefined;
      if (verdict?.code === 'name-taken' || this.#parts.view.put(user.signed) === 'refused') {
        this.#vault.delete();
        env.store.delete('self', 'user');
        return done({ ok: false, code: 'name-taken', details: { name } });
      }
      this.#enter(secrets, (outcome) => {
        if (outcome.ok) this.#parts.ownValues.userChanged(user);
        const value = { user: name, userId: user.authorId, recoveryWords: wordsOfBytes(env.crypto, secrets.recovery) };
        done(outcome.ok ? { ok: true, value } : outcome);
      });
    });
  }

  /** Recovery words make the account usable here, under a new password. */
  recover(args: { words: string; password: string }, reply: Reply): void {
    const { options, settings } = this.#parts;
    if (this.#operations.refuses(reply)) return;
    if (this.#open !== null) return reply({ ok: false, code: 'already-logged-in', details: { name: settings.user } });
    if (refusesNewPassword(options, args.password, reply)) return;
    const done = this.#operations.begin('a recovery', reply);
    recoverAccount(this.#parts, args, this.#derive, (outcome) => this.#enterFetched(outcome, done));
  }

  /** Shows the recovery words again, to whoever knows the password. */
  showWords(args: { password: string }, reply: Reply): void {
    const vault = this.#vault.get();
    if (this.#operations.refuses(reply)) return;
    if (this.#open === null || vault === null) return reply({ ok: false, code: 'not-logged-in' });
    const done = this.#operations.begin('the recovery words', reply);
    this.#openWith(args.password, vault, (secrets) => {
      if (secrets === null) return this.#wrongPassword(done);
      if (secrets.recovery === undefined) return done({ ok: false, code: 'nothing-to-recover', details: { name: vault.name } });
      done({ ok: true, value: { recoveryWords: wordsOfBytes(this.#parts.env.crypto, secrets.recovery) } });
    });
  }

  // --- login ---

  login(args: { password: string }, reply: Reply): void {
    const { env, settings } = this.#parts;
    const name = settings.user;
    if (this.#operations.refuses(reply)) return;
    if (this.#open !== null) return reply({ ok: false, code: 'already-logged-in', details: { name } });
    const seconds = this.#attempts.pauseSeconds(env.monotonicMillis);
    if (seconds > 0) return reply({ ok: false, code: 'too-many-attempts', details: { name, seconds } });
    const done = this.#operations.begin('a login', reply);
    const vault = this.#vault.get();
    if (vault === null) return fetchVault(this.#parts, args.password, this.#derive, (outcome) => this.#enterFetched(outcome, done));
    this.#openWith(args.password, vault, (secrets) => {
      if (secrets === null) this.#wrongPassword(done);
      else this.#enter(secrets, done);
    });
  }

  #openWith(password: string, vault: Vault, then: (secrets: VaultSecrets | null) => void): void {
    this.#derive(password, vault.salt, vault.derivation, (result) => {
      if (!result.ok) return then(null);
      then(openVault(this.#parts.env, vault, passwordKeys(this.#parts.env, result.value as Uint8Array, vault.salt).unlock));
    });
  }

  /** The folder is new or lost; what another node, the seed server or the ring gave becomes this node's. */
  #enterFetched(outcome: FetchedVault, done: Reply): void {
    if (outcome.type === 'wrong-password') return this.#wrongPassword(done);
    if (outcome.type === 'refused') return done({ ok: false, code: outcome.code, details: outcome.details });
    this.#vault.put(outcome.vault);
    this.#enter(outcome.secrets, done);
  }

  #wrongPassword(done: Reply): void {
    this.#attempts.wrong(this.#parts.env.monotonicMillis);
    done({ ok: false, code: this.#vault.isOutdated ? 'password-changed' : 'wrong-password', details: { name: this.#parts.settings.user } });
  }

  /** The vault is open: certify this node, open the store, tell the world. */
  #enter(secrets: VaultSecrets, done: Reply, keptClaim?: Claim): void {
    const { env, settings, view, sync, seed, friends, presence, chat, links, connections, custody, inheritance, ownValues } = this.#parts;
    const outcome = env.store.unlock(secrets.storeKey);
    if (outcome === 'wrong-key') return done({ ok: false, code: 'store-failed', details: { reason: "the user's store belongs to another account" } });
    if (outcome === 'set-aside') this.#parts.tell({ type: 'notice', level: 'warning', text: SET_ASIDE_TEXT });
    const identity = env.crypto.signingKeyPair(secrets.identitySeed);
    const userId = idOfKey(env.crypto, identity.publicKey) as UserId;
    if (!nameIsOurs(this.#parts, userId)) {
      env.store.lock();
      return done({ ok: false, code: 'name-taken', details: { name: settings.user } });
    }
    this.#claim.open(userId, keptClaim);
    env.keep(KEPT_SESSION, { secrets, claim: this.claim });
    this.#open = { userId, identity, sealing: env.crypto.agreementKeyPair(secrets.sealingSeed), secrets };
    this.#attempts.right();
    this.#certificate = certifyNode(env, identity, {
      nodeKey: this.#nodePair.publicKey,
      agreementKey: env.endpoint.key,
      name: settings.user,
      label: settings.label,
    });
    env.store.put('self', 'certificate', this.#certificate);
    const user = view.user(userId);
    if (user !== null) {
      sync.announce(user.signed);
      seed.publish(user as VerifiedRecord);
    }
    seed.publish(this.#vaultRecord() as VerifiedRecord);
    this.announceNode();
    this.#parts.ring.start();
    friends.open();
    this.#parts.trust.open();
    this.#parts.secure.open();
    chat.open();
    this.#parts.rooms.open();
    this.#parts.files.open();
    presence.open();
    links.refreshHello();
    connections.sessionOpened();
    custody.cancel();
    inheritance.sessionOpened();
    ownValues.sessionOpened();
    this.#parts.mail.open();
    if (outcome !== 'opened' || seed.summary().source !== 'peers') seed.fetchState(userId);
    chat.views.traceFound();
    if (env.tracing) env.trace({ type: 'state', subject: 'session', id: settings.user, to: 'open' });
    this.#parts.tell({ type: 'logged-in', user: settings.user });
    done({ ok: true, value: { user: settings.user, userId, unread: chat.unreadTotal() } });
  }

  /** A presence record of our user came in: another node may have taken over. */
  presenceHeard(record: VerifiedRecord<'presence'>): void {
    const { env, settings, presence, custody } = this.#parts;
    if (this.#open === null || record.authorId !== this.#open.userId) return;
    const { secrets } = this.#open;
    const verdict = this.#claim.hear(record);
    if (verdict === 'raise') {
      env.keep(KEPT_SESSION, { secrets, claim: this.claim });
      presence.outdo(record.sequence);
    }
    if (verdict !== 'yield') return;
    presence.forget();
    this.#close();
    if (env.tracing) env.trace({ type: 'state', subject: 'session', id: settings.user, to: 'overtaken', data: { epoch: record.body.epoch } });
    custody.begin(record.body.node, secrets.storeKey);
  }

  /** Ends all that needs an open session, but for the store. */
  #close(): void {
    const { env, friends, chat, links, sync } = this.#parts;
    sync.rumours.endTurn();
    this.#parts.files.close();
    this.#parts.rooms.close();
    this.#parts.mail.close();
    chat.close();
    this.#parts.secure.close();
    friends.close();
    this.#open = null;
    env.keep(KEPT_SESSION, undefined);
    links.refreshHello();
  }

  // --- logout and deletion ---

  logout(reason: string, reply?: Reply): void {
    const { env, settings, presence } = this.#parts;
    if (this.#open === null) return reply?.({ ok: false, code: 'not-logged-in' });
    presence.close();
    this.#close();
    env.store.lock();
    if (env.tracing) env.trace({ type: 'state', subject: 'session', id: settings.user, to: 'closed' });
    this.#parts.tell({ type: 'logged-out', user: settings.user, reason });
    reply?.({ ok: true, value: {} });
  }

  deleteAccount(args: { password: string }, reply: Reply): void {
    if (this.#operations.refuses(reply)) return;
    const vault = this.#vault.get();
    if (this.#open === null || vault === null) return reply({ ok: false, code: 'not-logged-in' });
    const done = this.#operations.begin('the deletion of the account', reply);
    this.#openWith(args.password, vault, (secrets) => {
      if (secrets === null) this.#wrongPassword(done);
      else if (!buryAccount(this.#parts, () => done({ ok: true, value: {} }))) done({ ok: false, code: 'not-logged-in' });
    });
  }

  /** The account is gone: this node belongs to nobody. */
  disown(): void {
    const { env } = this.#parts;
    env.store.delete('self', 'user');
    env.store.delete('self', 'certificate');
    this.#certificate = null;
  }

  /** Somebody's record came in: one who registered our name before us has it, or ours names another password; then this session ends. */
  userChanged(record: VerifiedRecord<'user'>): void {
    const { settings } = this.#parts;
    if (record.authorId === this.ownerId && this.#vault.judge(record) && this.#open !== null) this.logout(PASSWORD_CHANGED_TEXT);
    if (this.#open === null || record.body.deleted || record.body.name !== settings.user || record.authorId === this.#open.userId) return;
    tellNameLost(this.#parts);
    this.logout('The name belongs to somebody else.');
  }

  /** The process ends in order. */
  stop(): void {
    if (this.#open !== null) this.#parts.presence.close();
    this.announceNode(true);
  }

  readonly #derive = (password: string, salt: Uint8Array, derivation: Vault['derivation'], then: (result: ServiceResult) => void): void => {
    this.#services.call({ service: 'derive-key', password, salt, derivation }, then);
  };
}
