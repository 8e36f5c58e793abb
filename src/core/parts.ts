import type { Chat } from './chat/chat.ts';
import type { NodeEvent } from './commands.ts';
import type { Lookup } from './directory/lookup.ts';
import type { OwnValues } from './directory/own-values.ts';
import type { RingDirectory } from './directory/ring-directory.ts';
import type { Discovery } from './discovery/discovery.ts';
import type { Env } from './env.ts';
import type { Files } from './files/files.ts';
import type { Friends } from './friends/friends.ts';
import type { Trust } from './friends/trust.ts';
import type { AnswerTimes } from './link/answer-times.ts';
import type { Links } from './link/links.ts';
import type { UnlinkedQuestions } from './link/unlinked-questions.ts';
import type { Mail } from './mail/mail.ts';
import type { Connections } from './membership/connections.ts';
import type { FailureDetector } from './membership/failure-detector.ts';
import type { RecordView } from './membership/record-view.ts';
import type { Frame } from './messages.ts';
import type { ChatNodeOptions } from './node.ts';
import type { CoreOptions } from './options.ts';
import type { PatientTimers } from './patient-timers.ts';
import type { Presence } from './presence/presence.ts';
import type { ReplicaMember } from './replication/replica-member.ts';
import type { RingMember } from './ring/ring-member.ts';
import type { Rooms } from './rooms/rooms.ts';
import type { SecureChannels } from './secure/secure-channels.ts';
import type { Burial } from './session/burial.ts';
import type { Custody } from './session/custody.ts';
import type { Inheritance } from './session/inheritance.ts';
import type { Session } from './session/session.ts';
import type { VaultExchange } from './session/vault-exchange.ts';
import type { Swim } from './swim/swim.ts';
import type { AntiEntropy } from './sync/anti-entropy.ts';
import type { SeedSync } from './sync/seed-sync.ts';
import type { TurnWork } from './turn-work.ts';

/**
 * The modules of a chat node as each sees the others. node.ts makes them in the order in which they are listed, so that whoever is made
 * finds those above it. Once all are made each may call every other one; what happens at links and with records comes to them by the
 * hooks that node.ts wires.
 */
export interface Parts {
  readonly env: Env<Frame>;
  readonly options: CoreOptions;
  readonly settings: ChatNodeOptions;
  /** Signed public records that this node knows. */
  readonly view: RecordView;
  /** How long answers over links take at present, whoever gives them. */
  readonly answerTimes: AnswerTimes;
  /** What is to be done when the turn ends. */
  readonly turnWork: TurnWork;
  /** What can wait for a turn that happens anyway. */
  readonly patient: PatientTimers;
  /** Reliable links to other nodes. */
  readonly links: Links;
  /** Whom to be linked with. */
  readonly connections: Connections;
  /** Beacons: who is nearby. */
  readonly discovery: Discovery;
  readonly sync: AntiEntropy;
  readonly seed: SeedSync;
  readonly lookup: Lookup;
  /** Finds people by what lies on the ring. */
  readonly directory: RingDirectory;
  /** What this node's user has on the ring. */
  readonly ownValues: OwnValues;
  readonly session: Session;
  /** Probes among all members: who is there, also where there is no link. */
  readonly swim: Swim;
  /** What links and probes together say of a node. */
  readonly detector: FailureDetector;
  /** Short questions to nodes that we are not linked with. */
  readonly unlinked: UnlinkedQuestions;
  readonly ring: RingMember;
  /** Keyed values on the ring: what this node holds for others, writing and reading. */
  readonly replication: ReplicaMember;
  readonly friends: Friends;
  /** Which keys a friend's name stands for. */
  readonly trust: Trust;
  readonly presence: Presence;
  /** Prekeys, and pairwise ratchets with others. */
  readonly secure: SecureChannels;
  readonly chat: Chat;
  readonly rooms: Rooms;
  /** Files that belong to messages. */
  readonly files: Files;
  /** Messages for those who are away. */
  readonly mail: Mail;
  /** Hands the vault to a login of the same user elsewhere, and asks for it. */
  readonly vaultExchange: VaultExchange;
  /** What a session that was overtaken left, until the new one has it. */
  readonly custody: Custody;
  readonly burial: Burial;
  /** Fetches what earlier sessions left at other nodes. */
  readonly inheritance: Inheritance;
  /** `address#key` of this node, for people. */
  readonly endpointText: string;
  count(counter: string, by?: number): void;
  counters(): Readonly<Record<string, number>>;
  /** Tells whoever is attached to this node. */
  tell(event: NodeEvent): void;
}
