import type { Random } from '../capabilities.ts';
import { approximateFileBytes } from '../files/file-messages.ts';
import { FRAME_VERSION, type Frame, type Message } from '../messages.ts';
import type { VerifiedRecord } from '../records.ts';
import { bytesOfAnswer, bytesOfQuestion } from '../replication/replica-shapes.ts';
import type { Contact } from '../ring/circle.ts';
import { approximateRoomBytes } from '../rooms/room-messages.ts';
import type { Address, Endpoint, NodeId, UserId } from '../types.ts';
import type { VerifiedSession } from './hello.ts';
import type { RoundTrips } from './round-trips.ts';

/** A frame's worth of messages that the peer has not acknowledged. */
export interface UnacknowledgedFrame {
  readonly sequence: number;
  readonly messages: readonly Message[];
  /** One a message, or none at all. */
  readonly callbacks: ReadonlyArray<(() => void) | undefined>;
  /** Its acknowledgement tells the round trip: it was not calm when it was sent first. */
  readonly timed: boolean;
  /** Nobody misses its acknowledgement soon (calm.ts). */
  calm: boolean;
  firstSentMillis: number;
  lastSentMillis: number;
  attempts: number;
}

/** A message that waits for the end of the turn, and who wants to know that it has arrived. */
export interface Outgoing {
  readonly message: Message;
  readonly acknowledged: (() => void) | undefined;
}

/**
 * connecting: our hello is unanswered. up: both ends know each other's number. suspect: up, but silent.
 * The state machine is in links.ts; this is one link's memory.
 */
export type LinkState = 'connecting' | 'up' | 'suspect';

/** What the membership protocol says of the node at the other end: it would tell if the node were not there, it doubts it, or it is no help. */
export type PeerWord = 'alive' | 'suspect' | 'unknown';

export interface Link extends RoundTrips {
  readonly address: Address;
  endpoint: Endpoint;
  /** Name for people, traces and fault rules; the endpoint's text until the hello tells. */
  name: string;
  nodeId: NodeId | null;
  /** Where the node takes datagrams, as its hello says; null: nowhere. */
  datagramAddress: string | null;
  /** That node as a member of the ring, as it was last asked for (ring/contacts.ts). */
  contact: Contact | null;
  /** Who the node's certificate says it belongs to. */
  userId: UserId | null;
  /** That user is logged in there now, as the peer's hello says. */
  sessionSaid: boolean;
  /** And that session is the one which speaks for the user, as far as we know of claims. */
  sessionOpen: boolean;
  state: LinkState;
  /** We gave the transport an address to send to. */
  opened: boolean;
  /** It was begun at this end. */
  ours: boolean;
  /** It was begun although the peer is taken for dead, or did not answer the last time. */
  doubtful: boolean;
  /** Somebody here wants to be linked with this peer. */
  wanted: boolean;
  /** And would notice within seconds that it is gone: a friend, or whom a message waits for. */
  watched: boolean;

  readonly localRun: number;
  peerRun: number;
  /** Count of the peer's frame that told last who it is and who is logged in there. */
  helloCount: number;
  /** Numbers of earlier ends of the peer: a late hello of theirs is no news. */
  readonly retiredRuns: number[];
  /** The peer has shown that it knows `localRun`. */
  established: boolean;
  /** A frame has come over the established link, so the peer's end is open, too. */
  confirmed: boolean;
  /** Where it stands in the agenda of its watch (link-agenda.ts); -1: nowhere. */
  place: number;
  /** Something may have to go to the peer at the end of this turn. */
  touched: boolean;
  /** The peer has to be told of a change of our record or session. */
  newsDue: boolean;
  /** The oldest state of ours that a hello told since the link was last opened; null: none. */
  toldVersion: number | null;

  nextSequence: number;
  unacknowledged: UnacknowledgedFrame[];
  unacknowledgedMessages: number;
  outgoing: Outgoing[];

  received: number;
  readonly early: Map<number, readonly Message[]>;
  /** Numbered frames of the peer that no frame of ours has acknowledged yet. */
  owedFrames: number;
  /** When they are acknowledged by a frame of their own; infinite while none is owed. */
  acknowledgeMillis: number;
  /** The peer has asked for a sign of life. */
  answerDue: boolean;

  readonly createdMillis: number;
  lastHeardMillis: number;
  /** Since when a question of ours (a ping, a frame sent again) has been without any frame of the peer; null: there is none. */
  askedMillis: number | null;
  lastPingMillis: number;
  helloAttempts: number;
  nextHelloMillis: number;
  /** Frames wait so many times longer for their acknowledgement than round trips would let them: kept until one is measured again. */
  backoff: number;
}

export function newLink(start: { address: Address; endpoint: Endpoint; name: string; localRun: number; nowMillis: number }): Link {
  return {
    address: start.address,
    endpoint: start.endpoint,
    name: start.name,
    nodeId: null,
    datagramAddress: null,
    contact: null,
    userId: null,
    sessionSaid: false,
    sessionOpen: false,
    state: 'connecting',
    opened: false,
    ours: false,
    doubtful: false,
    wanted: false,
    watched: false,
    localRun: start.localRun,
    peerRun: 0,
    helloCount: 0,
    retiredRuns: [],
    established: false,
    confirmed: false,
    place: -1,
    touched: false,
    newsDue: false,
    toldVersion: null,
    nextSequence: 1,
    unacknowledged: [],
    unacknowledgedMessages: 0,
    outgoing: [],
    received: 0,
    early: new Map(),
    owedFrames: 0,
    acknowledgeMillis: Number.POSITIVE_INFINITY,
    answerDue: false,
    createdMillis: start.nowMillis,
    lastHeardMillis: start.nowMillis,
    askedMillis: null,
    lastPingMillis: 0,
    helloAttempts: 0,
    nextHelloMillis: start.nowMillis,
    roundTripMillis: null,
    leastTripMillis: Number.POSITIVE_INFINITY,
    leastTripBeforeMillis: Number.POSITIVE_INFINITY,
    leastTripSinceMillis: start.nowMillis,
    backoff: 1,
  };
}

/** A frame of this link; tells the peer what has arrived here. */
export function frameOf(link: Link, said: Pick<Frame, 'network' | 'kind' | 'sequence' | 'logical' | 'count' | 'messages'>): Frame {
  return {
    version: FRAME_VERSION,
    network: said.network,
    kind: said.kind,
    run: link.localRun,
    toRun: link.peerRun,
    sequence: said.sequence,
    acknowledged: link.received,
    logical: said.logical,
    count: said.count,
    messages: said.messages,
  };
}

/** The number of one end of a link: random, so that no two ends ever share one. */
export function freshRun(random: Random): number {
  let run = 0;
  for (const byte of random.bytes(6)) run = run * 256 + byte;
  return run + 1;
}

/** About how many bytes a message takes on the wire; frames are packed by it. */
export function approximateBytes(message: Message): number {
  switch (message.type) {
    case 'envelope':
      return message.envelope.part.sealed.length + 480;
    case 'records':
    case 'renewals':
    case 'lookup-answer':
      return 64 + recordsBytes(message.records);
    case 'facts':
      return 64 + recordsBytes(message.facts);
    case 'sync-digest':
      return 64 + message.entries.length * 20;
    case 'sync-want':
      return 64 + message.keys.length * 10;
    case 'receipt':
    case 'refusal':
      return 128 + message.ids.length * 23;
    case 'vault-answer':
      return 96 + message.bytes.length;
    case 'handover-ask':
    case 'handover-page':
      return 96 + message.sealed.length;
    case 'vault-ask':
      return 256;
    case 'hello':
    case 'lookup':
      return 1_500;
    case 'ring-ask':
    case 'ring-answer':
    case 'ring-notice':
      return 1_200;
    case 'replica-ask':
      return 128 + bytesOfQuestion(message.question);
    case 'replica-answer':
      return 128 + bytesOfAnswer(message.answer);
    case 'sync-summary':
    case 'mail-waiting':
    case 'request-busy':
    case 'typing':
      return 96;
    case 'file-ask':
    case 'file-hashes':
    case 'file-chunk':
    case 'file-note':
      return approximateFileBytes(message);
    default:
      return approximateRoomBytes(message);
  }
}

function recordsBytes(records: ReadonlyArray<{ readonly bytes: Uint8Array }>): number {
  let sum = 0;
  for (const record of records) sum += record.bytes.length + 90;
  return sum;
}

/** What the rest of the node hears of links. */
export interface LinkHooks {
  /** A hello with a proven node record: the first of a link, or a later one with news. */
  hello(link: Link, node: VerifiedRecord<'node'>, session: VerifiedSession | null): void;
  up(link: Link): void;
  /** A frame of a link that this end does not know and has not closed, from whoever has this transport key. */
  stray(key: Uint8Array): void;
  /** Silence made it suspect, or it was heard again. */
  changed(link: Link): void;
  /** dead: silent too long or never answered. goodbye: it left in order. closed: we let go. */
  down(link: Link, reason: 'dead' | 'goodbye' | 'closed'): void;
  message(link: Link, message: Message): void;
  wordOf(link: Link): PeerWord;
  /** Every member is known here, and so to everybody: all pass on what they hear of any of them. */
  knowsAll(): boolean;
  /** When the peer was last heard by any way. */
  heardMillis(link: Link): number;
  /** The message that opens a link and tells of changes, as things stand now. */
  helloMessage(): Message;
}
