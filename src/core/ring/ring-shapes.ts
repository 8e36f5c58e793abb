import { DATAGRAM_ADDRESS } from '../discovery/addresses.ts';
import { boolean, bytes, choice, either, hexId, list, nullable, optional, record, type Shape, text } from '../shape.ts';

/** Shapes of what crosses links between members: the values of ring-port.ts. */

const contact = record({
  id: hexId,
  endpoint: record({ address: text(1, 256), key: bytes(32) }),
  name: text(1, 80),
  datagram: optional(text(1, 48, DATAGRAM_ADDRESS)),
});
const contacts = list(contact, 32);
const reason = choice('owner', 'successor', 'finger', 'member-list');
const hops = list(record({ asked: contact, why: choice('owner', 'successor', 'finger', 'member-list', 'start', 'dead') }), 128);
const route = text(1, 64);

export const ringQuestionShape: Shape = either(
  record({ ask: choice('state', 'ping') }),
  record({ ask: choice('next'), key: hexId, avoid: list(hexId, 32) }),
  record({ ask: choice('route'), key: hexId, route, origin: contact, hops }),
);

export const ringAnswerShape: Shape = either(
  record({ answer: choice('busy', 'outside', 'forwarding') }),
  record({ answer: choice('alive'), predecessor: nullable(contact) }),
  record({ answer: choice('state'), predecessor: nullable(contact), successors: contacts, small: boolean }),
  record({ answer: choice('next'), done: boolean, contacts, why: reason }),
);

export const ringNoticeShape: Shape = either(
  record({ tell: choice('notify', 'changed') }),
  record({ tell: choice('nearer'), contact }),
  record({ tell: choice('leaving'), predecessor: nullable(contact) }),
  record({ tell: choice('routed'), route, owners: contacts, hops }),
);
