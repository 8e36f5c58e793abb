import { boolean, bytes, choice, either, hexId, integer, list, nullable, record, type Shape, text, tuple } from '../shape.ts';
import { type Page, REPLICATION_OPTIONS, type ReplicaAnswer, type ReplicaQuestion } from './replication-port.ts';

/** About how many bytes a question takes on the wire. */
export function bytesOfQuestion(question: ReplicaQuestion): number {
  switch (question.ask) {
    case 'digest':
      return 300;
    case 'push':
      return 100 + bytesOfPage(question.page);
    case 'fetch':
      return question.names.length * NAME_BYTES;
    case 'offer':
      return question.items.length * (NAME_BYTES + 34);
    case 'put':
      return question.value.bytes.length + 40;
    case 'read':
      return 200;
  }
}

/** The same of an answer. */
export function bytesOfAnswer(answer: ReplicaAnswer): number {
  switch (answer.answer) {
    case 'same':
    case 'outside':
      return 16;
    case 'parts':
      return answer.parts.length * 250;
    case 'items':
      return answer.items.length * (NAME_BYTES + 34);
    case 'taken':
      return 80 + answer.results.length * 30;
    case 'page':
      return 100 + bytesOfPage(answer.page);
    case 'wanted':
      return answer.names.length * NAME_BYTES;
    case 'put':
      return 80;
  }
}

const NAME_BYTES = 140;

function bytesOfPage(page: Page): number {
  let sum = 80;
  for (const each of page.values) sum += each.bytes.length + 40;
  return sum;
}

/** Shapes of what crosses links between holders: the values of replication-port.ts. */

/** Of one value, whatever its kind allows. */
export const VALUE_BYTES_MAX = 131_072;

const key = hexId;
const name = text(1, 200);
const version = text(32, 32, /^[0-9a-f]+$/);
const value = record({ kind: text(1, 32, /^[a-z-]+$/), bytes: bytes(1, VALUE_BYTES_MAX) });
const page = record({ values: list(value, REPLICATION_OPTIONS.pageValuesMax), hash: hexId });
const range = record({ to: name, count: integer(), fingerprint: hexId });
const items = list(tuple(name, version), 1_024);
const taken = either(record({ result: choice('held', 'newer') }), record({ result: choice('refused'), reason: text(0, 200) }));

export const replicaQuestionShape: Shape = either(
  record({ ask: choice('digest'), from: name, range, lease: boolean }),
  record({ ask: choice('push'), page }),
  record({ ask: choice('fetch'), names: list(name, REPLICATION_OPTIONS.pageValuesMax) }),
  record({ ask: choice('offer'), items: list(tuple(name, version), REPLICATION_OPTIONS.offeredMax) }),
  record({ ask: choice('put'), value }),
  record({ ask: choice('read'), key, kind: text(1, 32), after: nullable(text(0, 64)), live: boolean }),
);

export const replicaAnswerShape: Shape = either(
  record({ answer: choice('same', 'outside') }),
  record({ answer: choice('parts'), parts: list(range, 64) }),
  record({ answer: choice('items'), items }),
  record({ answer: choice('taken'), hash: hexId, results: list(taken, REPLICATION_OPTIONS.pageValuesMax) }),
  record({ answer: choice('page'), page, more: nullable(text(0, 200)) }),
  record({ answer: choice('wanted'), names: list(name, REPLICATION_OPTIONS.offeredMax) }),
  record({ answer: choice('put'), taken, owner: boolean }),
);
