import type { Parts } from './parts.ts';
import type { VerifiedRecord } from './records.ts';
import type { Relation, UserId } from './types.ts';

export type Respond = (result: { ok: true; value: unknown } | { ok: false; code: string; details?: Record<string, unknown> }) => void;

/** Finds the user, or answers with what is wrong. Names are as typed; `@` in front is allowed. */
export function withUser(parts: Parts, typed: string, respond: Respond, then: (id: UserId, relation: Relation, record: VerifiedRecord<'user'>) => void): void {
  const name = typed.replace(/^@/, '').toLowerCase();
  parts.lookup.find(name, (record) => {
    if (parts.session.open === null) return respond({ ok: false, code: 'not-logged-in' });
    if (record === null) return respond({ ok: false, code: 'unknown-user', details: { name } });
    const id = record.authorId as UserId;
    if (id === parts.session.userId) return respond({ ok: false, code: 'yourself' });
    then(id, parts.friends.relation(id), record);
  });
}

/** Somebody to whom something can be written now. */
export function withFriend(parts: Parts, typed: string, respond: Respond, then: (id: UserId, record: VerifiedRecord<'user'>) => void): void {
  withUser(parts, typed, respond, (id, relation, record) => {
    if (relation === 'blocked') return respond({ ok: false, code: 'blocked', details: { name: typed } });
    if (!parts.trust.allows(id)) return respond({ ok: false, code: 'key-changed', details: { name: record.body.name } });
    if (relation !== 'friend') return respond({ ok: false, code: 'not-friends', details: { name: typed } });
    then(id, record);
  });
}

/** Somebody with whom there is, or may be, a conversation: also one whose account is gone. */
export function withPeer(parts: Parts, typed: string, respond: Respond, then: (id: UserId) => void): void {
  const gone = parts.chat.views.chats().find((chat) => chat.with === typed);
  if (gone !== undefined) return then(gone.userId);
  withUser(parts, typed, respond, then);
}
