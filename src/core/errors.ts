/**
 * The one error table. `definite`: the thing surely did not happen (an indefinite error means "it may have").
 * Messages take `{placeholders}` from the details. A broken invariant is an assertion, never a code.
 */
export interface ErrorEntry {
  readonly message: string;
  readonly advice: string;
  readonly definite: boolean;
  readonly httpStatus: number;
  readonly exitStatus: number;
}

function entry(message: string, advice: string, more: Partial<Omit<ErrorEntry, 'message' | 'advice'>> = {}): ErrorEntry {
  return { message, advice, definite: true, httpStatus: 400, exitStatus: 1, ...more };
}

export const ERRORS = {
  // names, accounts, sessions
  'bad-name': entry('The name {name} cannot be used.', 'Use 1 to 32 of the characters a-z, 0-9, dot, dash and underscore; the first is a letter or a digit.', {
    exitStatus: 2,
  }),
  'name-taken': entry('The name {name} is taken.', 'Choose another name.', { httpStatus: 409 }),
  'already-registered': entry('{name} is registered on this node already.', 'Log in instead.', { httpStatus: 409 }),
  'not-registered': entry('{name} is not registered here, and no seed server knows the name.', 'Register first, or check the name.', { httpStatus: 404 }),
  'bad-password': entry('The password must have {min} to {max} characters.', 'Choose another password.'),
  'wrong-password': entry('The password of {name} is wrong.', 'Try again; who has lost it needs the recovery words (/recover).', { httpStatus: 403 }),
  'password-changed': entry(
    'The password of {name} was changed at another node, and this is not the new one.',
    'Log in with the new password, or recover with your words.',
    { httpStatus: 403 },
  ),
  'bad-words': entry('These are not recovery words: {reason}.', 'Enter the 24 words in the order in which they were shown.'),
  'words-of-another': entry('These words belong to {other}, not to {name}.', 'Use them at a node of {other}: confab tui {other}', { httpStatus: 409 }),
  'nothing-to-recover': entry('Nothing on the network opens with recovery words of {name}.', 'The account was deleted, or it never met this network.', {
    httpStatus: 404,
  }),
  'too-many-attempts': entry('Too many wrong passwords for {name}.', 'Wait {seconds} seconds and try again.', { httpStatus: 429 }),
  'not-logged-in': entry('Nobody is logged in at this node.', 'Log in first.', { httpStatus: 403 }),
  'session-moved': entry('{name} is logged in at {at} now; this session is being handed over.', 'Go on there, or log in here again.', { httpStatus: 409 }),
  'already-logged-in': entry('{name} is logged in already.', 'Log out first, or go on.', { httpStatus: 409 }),
  busy: entry('This node is busy with {what}.', 'Wait until it is done and try again.', { httpStatus: 409 }),
  // people and messages
  'unknown-user': entry('Nobody named {name} is known.', 'Check the spelling; if they are new, wait until they have been on line once.', { httpStatus: 404 }),
  yourself: entry('That is you.', 'Name somebody else.'),
  'already-friends': entry('{name} is your friend already.', 'Nothing to do.', { httpStatus: 409 }),
  'already-requested': entry('You have asked {name} already.', 'Wait for the answer.', { httpStatus: 409 }),
  'no-request': entry('There is no friend request from {name}.', 'Ask with /add {name}.', { httpStatus: 404 }),
  'not-friends': entry('{name} is not your friend.', 'Ask with /add {name}; you can write once they have accepted.', { httpStatus: 403 }),
  'key-changed': entry(
    '{name} has another key than before: it may be somebody else.',
    'Compare what /verify {name} shows with {name} by another way, and say /trust {name} if it is right. Nothing was sent.',
    { httpStatus: 409 },
  ),
  'key-unchanged': entry('The key of {name} is the one that you know.', 'Nothing to do; /verify {name} shows what to compare.', { httpStatus: 409 }),
  blocked: entry('{name} is blocked.', 'Unblock with /unblock {name} first.', { httpStatus: 403 }),
  'not-blocked': entry('{name} is not blocked.', 'Nothing to do.', { httpStatus: 409 }),
  'empty-text': entry('The message is empty.', 'Write something.'),
  'text-too-long': entry('The text has {bytes} bytes; {max} is the most.', 'Send it in parts.', { httpStatus: 413 }),
  'outbox-full': entry('{count} messages wait for {name} already.', 'Wait until {name} has been on line.', { httpStatus: 429 }),
  'unknown-message': entry('There is no message {id}.', 'Look up the id in the chat.', { httpStatus: 404 }),
  'not-your-message': entry('{name} wrote that; only who wrote a message changes or deletes it.', 'Answer with /reply, or react with /react.', {
    httpStatus: 403,
  }),
  'message-failed': entry('That message never reached {name}.', 'Send it again with /retry, or delete it.', { httpStatus: 409 }),
  'too-many-reactions': entry('You have reacted to that message in {max} ways already.', 'That is as many as there can be.', { httpStatus: 429 }),
  // rooms
  'unknown-room': entry('There is no room {name} here.', 'Look at /rooms; to join one, write its link.', { httpStatus: 404 }),
  'ambiguous-room': entry('Several rooms here are called {name}.', 'Write the beginning of the id instead; /rooms shows it.', { httpStatus: 409 }),
  'room-bad-name': entry('A room needs a name of 1 to {max} characters.', 'Choose another name.'),
  'rooms-full': entry('You are in {max} rooms already.', 'Leave one first.', { httpStatus: 429 }),
  'not-in-room': entry('You are not a member of {name}.', 'Join it first; what you have read stays readable.', { httpStatus: 403 }),
  'room-joined-already': entry('You are in {name} already.', 'Nothing to do.', { httpStatus: 409 }),
  'room-refused': entry('{name} does not let you in.', 'Ask somebody who is in it for an invitation.', { httpStatus: 403 }),
  'room-needs-password': entry('{name} wants a password.', 'Join again and write it.', { httpStatus: 403 }),
  'room-wrong-password': entry('That is not the password of {name}.', 'Try again, or ask a member.', { httpStatus: 403 }),
  'room-forbidden': entry('{name} does not allow that: {reason}.', 'Ask an admin of the room; /room shows who they are.', { httpStatus: 403 }),
  'no-room-member': entry('{name} is not in {room}.', 'Look at who is in it with /room.', { httpStatus: 404 }),
  // files
  'unknown-file': entry('There is no file {id} here.', 'Look at /files; the beginning of an id or a name will do.', { httpStatus: 404 }),
  'file-unreadable': entry('{path} cannot be read: {reason}.', 'Check the path and the permissions.', { exitStatus: 2 }),
  'file-unwritable': entry('{path} cannot be written: {reason}.', 'Choose another place, or free some space; the file stays here.'),
  'file-exists': entry('{path} is there already.', 'Choose another name, or say that it may be overwritten.', { httpStatus: 409 }),
  'file-path': entry('{path} is no whole path.', 'Begin it with / or ~.', { exitStatus: 2 }),
  'file-incomplete': entry('{name} is not all here: {reason}.', 'Look at /files; it goes on by itself as soon as somebody is there who has it.', {
    httpStatus: 409,
  }),
  'file-gone': entry('{name} cannot be had any more.', 'Ask whoever sent it to send it again.', { httpStatus: 410 }),
  'files-full': entry('Files {where} take {bytes} bytes; {max} is the most.', 'Delete some with /file-decline; /files shows them.', { httpStatus: 507 }),
  // the network and its edges
  'bad-endpoint': entry('{endpoint} is not the address of a peer.', 'Write it as tcp://127.0.0.1:PORT#KEY, as confab ps prints it.', { exitStatus: 2 }),
  unavailable: entry('{what} cannot be reached.', 'Nothing is lost; it is tried again by itself.', { definite: false, httpStatus: 503 }),
  timeout: entry('{what} did not answer within {millis} ms.', 'It may have happened all the same; look before you repeat it.', {
    definite: false,
    httpStatus: 504,
  }),
  'bad-record': entry('A record was refused: {reason}.', 'Its signature, shape or owner is not right.', { httpStatus: 422 }),
  'stale-record': entry('A record was refused: a newer one is stored.', 'Sync first.', { httpStatus: 409 }),
  'bad-challenge': entry('The challenge was not signed by the key of {name}, or it is too old.', 'Ask for a new one and try again.', { httpStatus: 403 }),
  'rate-limited': entry('Too many requests.', 'Wait {seconds} seconds and try again.', { httpStatus: 429 }),
  'bad-request': entry('The request was refused: {reason}.', 'See what the seed server expects on its page /docs.'),
  'not-found': entry('{what} was not found.', 'Check the name.', { httpStatus: 404 }),
  'too-large': entry('{what} has {bytes} bytes; {max} is the most.', 'Make it smaller.', { httpStatus: 413 }),
  // use
  'bad-command': entry('There is no command {name}.{hint}', 'They are listed by /help in a terminal and by confab manual commands.', { exitStatus: 2 }),
  'bad-arguments': entry('{command}: {reason}', 'See {command} --help.', { exitStatus: 2 }),
  'bad-scenario': entry('{file}:{line}: {reason}', 'Mend the file; nothing was started.', { exitStatus: 2 }),
  'no-node': entry('No node of {name} runs in {folder}.', 'Start it with: confab node {name}', { httpStatus: 404, exitStatus: 2 }),
  'nothing-runs': entry('No node runs under {folder}.', 'Start a network with: confab up', { httpStatus: 404 }),
  // the machine
  'not-started': entry('{what} did not start: {reason}', 'Mend the cause and try again; confab doctor looks for the usual ones.', { exitStatus: 2 }),
  'port-taken': entry('Port {port} is taken by another program.', 'Stop that program or choose another port with --port.', { exitStatus: 2 }),
  'folder-locked': entry('{folder} is in use by process {pid}.', 'Stop that process first (confab stop), or use another folder.', { exitStatus: 2 }),
  'folder-unwritable': entry('{folder} cannot be written: {reason}.', 'Check the permissions and the free space.', { exitStatus: 2 }),
  'no-sqlite': entry(
    'SQLite does not load here: {reason}.',
    'Run: npm ci. Where no prebuilt binding can be fetched, Node 20 needs python3, make and a C++ compiler to build it.',
    { exitStatus: 2 },
  ),
  'store-failed': entry('The store could not write: {reason}.', 'Nothing was acknowledged that is not stored; free some space, it goes on by itself.', {
    httpStatus: 507,
  }),
  'endless-turn': entry(
    '{what} has not come to its end for {seconds} s{place}.',
    'Look for a loop that does not end. A turn does one thing and returns: what shall go on later is a timer.',
    { definite: false, httpStatus: 500, exitStatus: 3 },
  ),
  internal: entry('Something went wrong inside: {reason}.', 'Run again with --verbose for the details, and report it.', {
    definite: false,
    httpStatus: 500,
    exitStatus: 3,
  }),
} as const satisfies Record<string, ErrorEntry>;

export type ErrorCode = keyof typeof ERRORS;
export type ErrorDetails = Readonly<Record<string, unknown>>;

export function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(ERRORS, code);
}

/** The sentence of an error with its placeholders filled in. */
export function errorSentence(code: ErrorCode, details: ErrorDetails = {}): string {
  return fill(ERRORS[code].message, details);
}

/** What to do next. */
export function errorAdvice(code: ErrorCode, details: ErrorDetails = {}): string {
  return fill(ERRORS[code].advice, details);
}

function fill(template: string, details: ErrorDetails): string {
  return template.replace(/\{(\w+)\}/g, (_, key: string) => {
    const detail = details[key] ?? '';
    return typeof detail === 'string' ? detail : JSON.stringify(detail);
  });
}

/** The one error class: what happened, in words and as a code. */
export class ConfabError extends Error {
  readonly code: ErrorCode;
  readonly details: ErrorDetails;

  constructor(code: ErrorCode, details: ErrorDetails = {}) {
    super(errorSentence(code, details));
    this.name = 'ConfabError';
    this.code = code;
    this.details = details;
  }

  get advice(): string {
    return errorAdvice(this.code, this.details);
  }
}
