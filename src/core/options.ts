/** Every bound, period and limit of the core, with unit and default. One object, frozen; tests and scenarios may override. */
export const CORE_OPTIONS = Object.freeze({
  // links
  /** Largest frame that is sent or accepted, bytes. */
  frameBytesMax: 1_048_576,
  /** Packed payload after which a turn starts another frame, bytes. */
  frameBytesTarget: 65_536,
  /** Messages in one frame, at most. */
  frameMessagesMax: 256,
  /** Unacknowledged messages kept for one link; beyond it the link refuses and the sender keeps its own copy. */
  linkWindowMessages: 1_024,
  /** Frames that arrived early and wait for their predecessors, per link. */
  linkReorderFrames: 64,
  /** Wait before a received frame is acknowledged by an empty one, ms; the same where round trips are known and short. */
  acknowledgeDelayMillis: 100,
  acknowledgeDelayMillisMax: 200,
  /** The same for a lone frame of answers, whose sender does not miss the word, and when that one sends it again nevertheless, ms. */
  acknowledgeCalmMillis: 20_000,
  resendCalmMillis: 25_000,
  /** First resend after this long without acknowledgement, ms; doubled each time. */
  resendMillis: 300,
  resendMillisMax: 4_000,
  /** Time-outs grow with the time that answers take at present, up to this, ms (link/answer-times.ts). */
  answerMillisMax: 8_000,
  /** First repeat of an unanswered hello, ms; doubled each time. */
  helloMillis: 300,
  helloMillisMax: 8_000,
  /** Links that strangers may hold open to us, at most. */
  linksMax: 512,
  /** Links to peers that are neither friends nor wanted for a message. */
  randomLinkCount: 8,
  randomLinkCountMax: 16,
  /** How often a node that has been silent for long is tried once more, ms: this joins the parts of a network that was cut. */
  probeMillis: 10_000,
  /** Pause between two questions where somebody wanted is, above full membership, ms; doubled each time up to the maximum. */
  seekMillis: 500,
  seekMillisMax: 120_000,
  /** Peers to whom a new record of somebody else is passed on, and how long it waits for others until then, ms. */
  gossipFanout: 4,
  newsDelayMillis: 400,
  /** The same for a record that says nothing new, which may also wait for others this long, ms. */
  refreshFanout: 2,
  gossipDelayMillis: 4_000,

  // failure detector: links to friends and to people we wait for are watched closely, others less
  /** Links are looked at when something may be due, but not more often than this, ms. */
  linkTickMillis: 250,
  /** Silence after which a frame is asked for, ms; again after half of it. */
  pingMillis: 750,
  /** Silence until a peer is suspect / dead, ms. */
  suspectMillis: 1_500,
  deadMillis: 4_000,
  /** These three, times this, for links to people who only share a room with us / for links that nobody waits for. */
  wantedLinkFactor: 4,
  idleLinkFactor: 10,
  /** The silence until a frame is asked for, times this, while the membership protocol would tell of a death; the second where it knows all members. */
  vouchedLinkFactor: 5,
  vouchedByAllLinkFactor: 10,
  /** Pause before a dead or closed peer that is wanted is tried again, ms; doubled up to the maximum. */
  reconnectMillis: 500,
  reconnectMillisMax: 8_000,

  // discovery: beacons to whoever listens on the local network
  /** Between two beacons in the first seconds of a node / how long those last / later, ms; drawn between 2/3 and 4/3 of it. */
  beaconFastMillis: 250,
  beaconFastForMillis: 2_000,
  beaconMillis: 1_500,
  /** A node nearby that was not heard for so long is forgotten, ms; how many are remembered at most. */
  beaconMemoryMillis: 30_000,
  beaconNeighboursMax: 1_024,
  /** Signatures of beacons that are checked in a second, in all and from one address. */
  beaconChecksPerSecond: 200,
  beaconChecksPerSource: 20,
  /** So many beacons of a node that no record tells of, and it is met whether or not there are links enough. */
  beaconStrangerCount: 3,

  // membership protocol (SWIM with Lifeguard), by datagrams
  /** One probe in this time, ms; 0: no probes, links alone tell who is there. */
  swimPeriodMillis: 1_000,
  /** Wait for a direct answer before others are asked to ask, ms; how many of them. */
  swimTimeoutMillis: 150,
  swimIndirectCount: 3,
  /** A suspicion lasts at least this times log10 of the members (at least 1) times the period, and at most that times the second. */
  swimSuspicionFactor: 2,
  swimSuspicionMaxFactor: 6,
  /** A suspicion lasts at least this long however few there are, ms: a process that stands still for three seconds is not buried. */
  swimSuspicionMillisMin: 2_800,
  /** A node that hears badly waits up to this much longer, in multiples. */
  swimHealthMax: 8,
  /** Members that are known at most; how long the dead are remembered, ms. */
  swimMembersMax: 256,
  swimDeadMillis: 60_000,
  /** A rumour is told this times log10 of the members; random members shown in each packet beside the news. */
  swimGossipFactor: 4,
  swimFillCount: 4,
  /** How often in a second changes of members' states are passed on at most, those together that come meanwhile; and to how many others. */
  swimSpreadsPerSecond: 3,
  swimSpreadCount: 3,
  /** Signatures that are checked in a second, in all and from one address. */
  swimChecksPerSecond: 500,
  swimChecksPerSource: 60,

  // questions to nodes that there is no link with, by datagrams
  /** Wait for an answer before it is asked once more, ms; after the third time a link is opened. */
  unlinkedResendMillis: 200,
  /** Questions under way at a time; beyond that they go over links. */
  unlinkedQuestionsMax: 256,
  /** Signatures that are checked in a second, in all and from one address. */
  unlinkedChecksPerSecond: 1_000,
  unlinkedChecksPerSource: 100,

  // membership and sync
  /** Up to here everyone knows everyone's public record. */
  fullMembershipUsers: 64,
  /** Other people's records kept above that. */
  otherRecordsMax: 256,
  /** How often a random peer's records are compared with ours, ms; sooner while somebody unknown turns up. */
  antiEntropyMillis: 10_000,
  antiEntropyHurryMillis: 1_000,
  /** No answer of a peer within this time after the start: ask the seed server for the state itself, ms. */
  joinPeerMillis: 1_200,
  /** Records in one sync answer. */
  syncRecordsMax: 128,
  /** Digest entries in one message. */
  syncDigestMax: 1_024,
  /** A node's record is signed afresh this often, half as often where the membership protocol tells of everybody, ms; one older than the second figure counts as away. */
  announceMillis: 15_000,
  announceTtlMillis: 45_000,
  /** Other people's renewals go into the store together, after this long, ms. */
  renewalsWriteMillis: 5_000,
  /** Presence is signed afresh about this often, together with a record of the node, ms, so that the seed server does not take a quiet user for absent. */
  presenceRefreshMillis: 60_000,
  presenceTtlMillis: 180_000,
  /** Retry of the seed server while it is away, ms. */
  seedRetryMillis: 3_000,
  /** How long a name is asked for among peers before a registration goes on, ms. */
  nameQueryMillis: 400,
  lookupHops: 3,
  /** Peers to whom somebody else's question is passed on. */
  lookupFanout: 4,

  // ring
  /** How often a member asks its successor for its state, ms: deaths are heard of by probes and links, and looked into at once. */
  ringStabiliseMillis: 2_000,
  /** How often one finger is looked after, ms: a look-up asks nodes to which no link is open, and opening those more often would cost more than slightly older fingers do. */
  ringFingerMillis: 5_000,
  /** How often somebody who may live in another ring is asked for, ms; longer in large rings, where one that meets the other is enough. */
  ringMergeMillis: 5_000,
  /** Both become rarer up to this many times while nothing changes; only where the membership protocol would tell of deaths. */
  ringCalmFactorMax: 4,
  /** How long a question of the ring may be without an answer, opening of a link included, ms. */
  ringAnswerMillis: 1_200,
  /** The same for a node that is believed dead: it gets its chance, but nobody waits long for it. */
  ringAnswerDeadMillis: 300,

  // values on the ring
  /** K: copies of each value, the owner's included. */
  replicaCopies: 4,
  /** How often an owner compares what it owns with its holders, ms. */
  replicaPushMillis: 20_000,
  /** Pause after a change of neighbours before the same, ms. */
  replicaSettleMillis: 150,
  /** A copy whose owner was not heard of for so long is offered to the present owner, ms; how often that is looked at. */
  replicaLeaseMillis: 60_000,
  replicaLeaseCheckMillis: 10_000,
  /** How long a question about values may be without an answer, opening of a link included, ms; the same for a node that is believed dead. */
  replicaAnswerMillis: 2_500,
  replicaAnswerDeadMillis: 300,
  /** How long a node that ends in order hands over, ms. */
  replicaLeaveMillis: 800,
  /** How often a user's own values on the ring are looked after, ms. */
  ownValuesMillis: 120_000,
  /** How long recovery words are tried while nobody has what they open, ms. */
  recoverMillis: 8_000,
  /** How long a name is looked for on the ring, ms. */
  ringNameMillis: 2_500,
  /** Copies at one node, and their bytes. */
  replicaValuesMax: 100_000,
  replicaBytesMax: 268_435_456,

  // clocks
  /** A record whose stamp is further ahead of the own wall clock is refused, ms. */
  clockAheadMillisMax: 60_000,

  // accounts
  passwordCharactersMin: 4,
  passwordCharactersMax: 256,
  /** argon2id, OWASP's first choice: 19 MiB, 2 passes, 1 lane. */
  derivation: { name: 'argon2id' as const, memoryKib: 19_456, passes: 2, lanes: 1 },
  /** Wrong passwords in a row before a pause, and the pause, ms (doubled each time, up to 5 minutes). */
  loginAttemptsMax: 5,
  loginPauseMillis: 5_000,

  // sessions: one a user
  /** Rows and bytes of rows in one page of a handover; one row may exceed the bytes. */
  handoverRowsMax: 256,
  handoverBytesTarget: 98_304,
  /** A page that does not come is asked for again after this long, ms. */
  handoverRetryMillis: 2_000,
  /** Nobody has asked for a page for this long: the store of the session that ended is locked, ms. */
  handoverIdleMillis: 20_000,
  /** How long a login looks for a node where the user is logged in, ms. */
  vaultFetchMillis: 4_000,

  // chat
  /** UTF-8 bytes of one text. */
  textBytesMax: 65_536,
  statusTextCharactersMax: 140,
  displayNameCharactersMax: 64,
  aboutCharactersMax: 500,
  /** Messages that wait for one recipient. */
  outboxMessagesMax: 10_000,
  /** Messages sent to one recipient and not yet receipted. */
  outboxInFlight: 256,
  /** Resend of a message whose receipt does not come although its link is up, ms; doubled up to the maximum. */
  outboxRetryMillis: 5_000,
  outboxRetryMillisMax: 60_000,
  historyPageMax: 500,
  /** Changes of one friend to messages that have not come yet. */
  amendmentsParkedMax: 256,
  /** Different reactions of one person to one direct message, those taken back included. */
  reactionsMax: 32,

  // mail: messages for those who are away
  /** How long a link is waited for before a message goes to the mailbox of somebody who is not known to be away, ms. */
  mailPatienceMillis: 1_000,
  /** How often what waits is looked at, ms. */
  mailTickMillis: 500,
  /** How long a letter may lie in a mailbox, ms; no holder takes one for longer. */
  mailKeptMillis: 14 * 86_400_000,
  /** Letters to one recipient at a time, and writes to the ring of all that are not held yet. */
  mailLettersMax: 240,
  mailWritesMax: 64,
  /** A letter that was refused, for want of room, is posted again after this long, ms. */
  mailRetryMillis: 60_000,
  /** How often the holders are asked whether a letter was fetched, ms. */
  mailAskMillis: 45_000,
  /** When the own mailbox is looked into again after a login, ms: doubled up to the second figure, then four times later each, up to the third. */
  mailReachMillis: 160,
  mailDrainMillis: 2_560,
  mailDrainMillisMax: 90_000,
  /** Letters of people who are no friends, and whom we have not refused either, that may lie in the own mailbox. */
  mailStrangersMax: 256,
  /** A letter whose predecessor is missing waits for it at most this long, ms. */
  mailOrderMillis: 5_000,
  /** A holder tells of new mail at most this often, ms. */
  mailNoticeMillis: 200,
  /** A message that its recipient could not open is sealed anew at most so often. */
  resealsMax: 8,

  // encryption (secure/)
  /** One-time keys in a batch; below a quarter of it unused, a new batch is made. */
  prekeysOneTime: 16,
  /** A batch is replaced after this long and kept so much longer, ms. */
  prekeysMillis: 604_800_000,
  prekeysKeptMillis: 1_209_600_000,
  /** A one-time key is deleted this long after its first use, ms. */
  prekeyUsedMillis: 86_400_000,
  prekeyBatchesMax: 16,
  /** How often keys are looked at, ms. */
  prekeysTickMillis: 3_600_000,
  /** Wait before prekeys are put on the ring, or put there again when nobody took them, ms. */
  prekeysRingMillis: 5_000,
  /** Searches for somebody's prekeys on the ring at a time. */
  prekeysSeekMax: 64,
  /** Messages sealed without an answer, after which a new session is begun, since only answers turn a ratchet. */
  ratchetChainMessagesMax: 1_000,
  /** Message keys that may be passed over at once / kept for a session / for how long, ms. */
  ratchetSkipMax: 1_000,
  ratchetSkippedKeysMax: 2_000,
  ratchetSkippedMillis: 1_209_600_000,
  /** Work that one person's messages may cost without opening, in steps of a chain, in this time, ms; beyond it none is tried. */
  ratchetWasteMax: 4_000,
  ratchetWasteMillis: 60_000,
  /** Sessions kept for one person. */
  ratchetSessionsMax: 8,
  friendsMax: 1_000,

  /** Searches in direct chats that wait while an index is made. */
  searchesWaitingMax: 32,

  // rooms
  roomNameCharactersMax: 64,
  roomTopicCharactersMax: 300,
  /** One emoji may be several code units; a short word is allowed as well. */
  roomReactionCharactersMax: 16,
  /** Rooms that one user is in. */
  roomsMax: 1_000,
  /** Events that wait for what they point to: in a room, and from one author. */
  roomParkedMax: 2_048,
  roomParkedPerSourceMax: 256,
  /** A gap is shown after this long; what waited for it is forgotten after the second, ms. */
  roomGapMillis: 3_000,
  roomParkedMillis: 60_000,
  /** Up to so many members each is linked with all others; above that with neighbours among the members, who pass on. */
  roomDirectMembersMax: 32,
  /** A chain of sender keys serves for so many messages and so long, ms. */
  roomChainMessagesMax: 100,
  roomChainMillisMax: 604_800_000,
  /** Questions for sender keys that wait until this node has them itself. */
  roomKeysOwedMax: 1_024,
  /** Pause between two looks at what is missing in a room, ms; and between two comparisons with a random member, ms. */
  roomTickMillis: 500,
  roomCompareMillis: 15_000,
  /** Comparisons become rarer up to this many times, doubling each time, while nothing is new and nothing is missing. */
  roomCalmFactorMax: 4,
  /** Ranges that one comparison goes into, and events that one question asks for. */
  roomRangesMax: 64,
  roomWantsMax: 512,
  /** Events that were asked for and have not come before more is asked for; ids that wait for that. */
  roomWantsOpenMax: 1_024,
  roomWantsWaitingMax: 16_384,
  /** Pages of events whose signatures are being checked, in one room, and how long one waits for the keys that open it, ms. */
  roomPagesMax: 64,
  roomPageMillis: 1_000,
  /** How long the answer to a join waits for a member of the room, ms. */
  roomJoinMillis: 4_000,
  /** Rooms of others that are remembered, to be joined. */
  roomCardsMax: 256,
  /** How far one has read in a room is told at most this often, ms. */
  roomMarkMillis: 2_000,
  /** A member who was typing and says nothing more has stopped after this long, ms. */
  roomTypingMillis: 6_000,
  /** What was written goes to the holders of the room's copies after this long, ms, or after the second where no member is linked. */
  roomCopyMillis: 4_000,
  roomCopySoonMillis: 300,
  /** Bytes of a piece that is added to, and for how long, ms. */
  roomSegmentBytes: 49_152,
  roomSegmentMillis: 600_000,
  /** Copies are forgotten after this long, ms; the day is rounded up. */
  roomCopyKeptMillis: 364 * 86_400_000,
  /** And holders are asked so often, ms, whether something has to be kept from that. */
  roomRenewLookMillis: 604_800_000,
  /** A write that did not come through is tried again after this long, ms. */
  roomCopyRetryMillis: 30_000,
  /** Shelves of one place that a look reads beyond the last one that earlier looks knew, at most. */
  roomShelvesMax: 64,
  /** Holders are asked for what is new: so long after a login or a join; where no member is linked; where something is missing, ms. */
  roomLookMillis: 2_000,
  roomAloneMillis: 60_000,
  roomLackMillis: 10_000,
  /** And after others have written, to put there what nobody did, ms. */
  roomRepairMillis: 600_000,

  // files
  /** Bytes of one file, and of a chunk of it. */
  fileBytesMax: 16_777_216,
  fileChunkBytes: 32_768,
  /** Files of friends up to so many bytes are fetched unasked, unless their receiver has set another size. */
  fileAutoBytesMax: 2_097_152,
  /** Bytes of files that lie here, of those in all that one friend offered, and of those of one room. */
  fileTotalBytesMax: 536_870_912,
  filePeerBytesMax: 134_217_728,
  fileRoomBytesMax: 268_435_456,
  /** Files that are remembered; how long each stays, ms. */
  filesMax: 2_000,
  fileKeptMillis: 30 * 86_400_000,
  /** Files that are fetched at a time; chunks that may be under way for one, at first and at most. */
  fileDownloadsMax: 4,
  fileWindowFirst: 4,
  fileWindowMax: 32,
  /** Fetching slows down where answers have to queue for so long, ms: what people write waits no longer behind it. */
  fileQueueMillis: 100,
  /** A chunk that does not come is asked for again, elsewhere if possible, after this long, ms. */
  fileAnswerMillis: 6_000,
  /** A node that has not what was asked for is left alone for so long, one that sent something false for the second, ms. */
  fileRestMillis: 3_000,
  fileFalseMillis: 600_000,
  /** How often transfers are looked at, ms; the pause after a start before anything is asked for. */
  fileTickMillis: 1_000,
  fileResumeMillis: 500,
  /** Chunks that one link carries unacknowledged, and that wait for it. */
  fileServeInFlight: 16,
  fileServeQueueMax: 128,
  /** Files that are read in at a time, and bytes that are read or written at once. */
  filePreparingMax: 4,
  filePieceBytes: 524_288,
});

type Widened<Value> = Value extends number ? number : Value extends string ? Value : { readonly [Key in keyof Value]: Widened<Value[Key]> };
export type CoreOptions = Widened<typeof CORE_OPTIONS>;
