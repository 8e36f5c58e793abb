import type { Message } from '../messages.ts';
import type { ReplicaAnswer, ReplicaQuestion, Stored } from '../replication/replication-port.ts';
import type { Contact } from '../ring/circle.ts';
import type { RingAnswer, RingQuestion } from '../ring/ring-port.ts';

/** Names of fields, type and number of a message, and what frames its question or answer. */
const FRAME_BYTES = 60;
const ID_BYTES = 66;
/** A contact without its texts. */
const CONTACT_BYTES = 150;
const VALUE_BYTES = 24;

/** The most bytes that a message can take in CBOR; infinite for what only ever goes over a link. */
export function bytesOfUnlinked(message: Message): number {
  switch (message.type) {
    case 'ring-ask':
      return FRAME_BYTES + bytesOfRingQuestion(message.question);
    case 'ring-answer':
      return FRAME_BYTES + bytesOfRingAnswer(message.answer);
    case 'replica-ask':
      return FRAME_BYTES + bytesOfValueQuestion(message.question);
    case 'replica-answer':
      return FRAME_BYTES + bytesOfValueAnswer(message.answer);
    default:
      return Number.POSITIVE_INFINITY;
  }
}

function bytesOfRingQuestion(question: RingQuestion): number {
  switch (question.ask) {
    case 'ping':
      return 20;
    case 'next':
      return 40 + ID_BYTES * (1 + question.avoid.length);
    case 'state':
    case 'route':
      return Number.POSITIVE_INFINITY;
  }
}

function bytesOfRingAnswer(answer: RingAnswer): number {
  switch (answer.answer) {
    case 'busy':
    case 'outside':
    case 'forwarding':
      return 20;
    case 'alive':
      return 40 + (answer.predecessor === null ? 0 : bytesOfContact(answer.predecessor));
    case 'next': {
      let bytes = 60;
      for (const contact of answer.contacts) bytes += bytesOfContact(contact);
      return bytes;
    }
    case 'state':
      return Number.POSITIVE_INFINITY;
  }
}

function bytesOfValueQuestion(question: ReplicaQuestion): number {
  switch (question.ask) {
    case 'put':
      return 40 + bytesOfValue(question.value);
    case 'read':
      return 60 + ID_BYTES * 2 + question.kind.length;
    case 'digest':
    case 'push':
    case 'fetch':
    case 'offer':
      return Number.POSITIVE_INFINITY;
  }
}

function bytesOfValueAnswer(answer: ReplicaAnswer): number {
  switch (answer.answer) {
    case 'outside':
      return 20;
    case 'put':
      return 60 + (answer.taken.result === 'refused' ? 10 + bytesOfText(answer.taken.reason) : 0);
    case 'page': {
      let bytes = 60 + ID_BYTES + (answer.more === null ? 1 : bytesOfText(answer.more));
      for (const value of answer.page.values) bytes += bytesOfValue(value);
      return bytes;
    }
    case 'same':
    case 'parts':
    case 'items':
    case 'taken':
    case 'wanted':
      return Number.POSITIVE_INFINITY;
  }
}

function bytesOfValue({ kind, bytes }: Stored): number {
  return VALUE_BYTES + kind.length + bytes.length;
}

function bytesOfContact({ endpoint, name, datagram }: Contact): number {
  return CONTACT_BYTES + bytesOfText(endpoint.address) + bytesOfText(name) + bytesOfText(datagram ?? '');
}

/** Bytes in UTF-8, at most. */
function bytesOfText(text: string): number {
  let bytes = 0;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : 3;
  }
  return bytes;
}
