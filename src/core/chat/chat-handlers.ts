import { wellFormedText } from '../bytes.ts';
import { type Respond, withFriend, withPeer } from '../find-people.ts';
import type { Parts } from '../parts.ts';
import type { MessageId, UserId } from '../types.ts';
import type { ChatCommands } from './chat-commands.ts';
import type { Change } from './content.ts';

type Handler<Name extends keyof ChatCommands> = (parts: Parts, args: ChatCommands[Name]['args'], respond: Respond) => void;

const FOUND_DEFAULT = 20;
const EXPORT_DEFAULT = 200;

/** Answers to the commands of direct chats; core/command-handlers.ts takes them in. All of them need a session. */
export const CHAT_HANDLERS: { readonly [Name in keyof ChatCommands]: Handler<Name> } = {
  react: (parts, args, respond) => amend(parts, args, { kind: 'reaction', reaction: wellFormedText(args.reaction), on: args.remove !== true }, respond),
  edit: (parts, args, respond) => amend(parts, args, { kind: 'edit', text: args.text }, respond),
  'delete-message': (parts, args, respond) => amend(parts, args, { kind: 'delete' }, respond),
  typing: (parts, args, respond) =>
    withFriend(parts, args.with, respond, (id, record) => {
      parts.chat.typing.say(id, args.typing);
      respond({ ok: true, value: { with: record.body.name } });
    }),
  mute: (parts, args, respond) =>
    withPeer(parts, args.with, respond, (id) => {
      const muted = args.muted ?? true;
      parts.chat.mutes.set(id, muted, parts.env.wallMillis);
      respond({ ok: true, value: { with: parts.chat.views.nameOf(id), muted } });
    }),
  search: (parts, args, respond) =>
    withPeer(parts, args.with, respond, (id) => {
      const isTaken = parts.chat.search.find(id, args.query, args.limit ?? FOUND_DEFAULT, (messages) =>
        respond(messages === null ? { ok: false, code: 'not-logged-in' } : { ok: true, value: { messages } }),
      );
      if (!isTaken) respond({ ok: false, code: 'busy', details: { what: 'earlier searches' } });
    }),
  export: (parts, args, respond) =>
    withPeer(parts, args.with, respond, (id) => {
      const range = { limit: args.limit ?? EXPORT_DEFAULT, ...(args.after === undefined ? {} : { after: args.after }) };
      respond({ ok: true, value: parts.chat.views.exported(id, range) });
    }),
};

function amend(parts: Parts, args: { readonly with: string; readonly id: string }, change: Change, respond: Respond): void {
  withFriend(parts, args.with, respond, (id, record) => {
    const target = messageOf(parts, id, args.id);
    if (target === null) return respond({ ok: false, code: 'unknown-message', details: { id: args.id } });
    const outcome = parts.chat.amending.write(record, target, change);
    respond('code' in outcome ? { ok: false, ...outcome } : { ok: true, value: outcome });
  });
}

/** The message of this conversation that an id or its beginning names. */
export function messageOf(parts: Parts, peer: UserId, typed: string): MessageId | null {
  const found = parts.chat.views.find(typed);
  return found?.peer === peer ? found.view.id : null;
}
