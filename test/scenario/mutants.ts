import { concat } from '../../src/core/bytes.ts';
import type { NodeStore } from '../../src/core/capabilities.ts';
import type { Env, Program } from '../../src/core/env.ts';
import type { Frame, Message } from '../../src/core/messages.ts';
import { type ChatNodeOptions, chatNode } from '../../src/core/node.ts';

/** Chat nodes that are broken on purpose, each in one way: the checkers must notice every one of them. */
export type Mutant = (env: Env<Frame>, settings: ChatNodeOptions) => Program<Frame>;

/** The env with some of its members replaced; everything else is asked of the real one at the time of asking. */
function envWith(env: Env<Frame>, changes: Partial<Env<Frame>>): Env<Frame> {
  return new Proxy(env, {
    get: (target, name) => {
      if (name in changes) return changes[name as keyof Env<Frame>];
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? (value as (...given: unknown[]) => unknown).bind(target) : value;
    },
  });
}

function storeWith(store: NodeStore, changes: Partial<NodeStore>): NodeStore {
  return new Proxy(store, {
    get: (target, name) => {
      if (name in changes) return changes[name as keyof NodeStore];
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? (value as (...given: unknown[]) => unknown).bind(target) : value;
    },
  });
}

/** A node that does not hear some messages, of its own user or of others, though its links confirm them. */
function deafTo(types: ReadonlyArray<Message['type']>, only: (env: Env<Frame>) => boolean = () => true): Mutant {
  return (env, settings) => {
    const program = chatNode(env, settings);
    const heard = (frame: Frame): Frame =>
      only(env)
        ? { ...frame, messages: frame.messages.map((each) => (types.includes(each.type) ? ({ type: 'sync-want', keys: [] } as unknown as Message) : each)) }
        : frame;
    return new Proxy(program, {
      get: (target, name) => {
        // The seed server tells news, too.
        if (name === 'answer')
          return (request: string, result: never) => (only(env) && types.includes('records') ? undefined : target.answer?.(request, result));
        if (name === 'input') return (from: number, frame: Frame) => target.input(from as never, heard(frame));
        const value: unknown = Reflect.get(target, name, target);
        return typeof value === 'function' ? (value as (...given: unknown[]) => unknown).bind(target) : value;
      },
    });
  };
}

/** It says that a message is accepted and does not write down that it has to be sent. */
export const forgetsOutbox: Mutant = (env, settings) =>
  chatNode(
    envWith(env, { store: storeWith(env.store, { put: (table, key, value) => (table === 'outbox' ? undefined : env.store.put(table, key, value)) }) }),
    settings,
  );

/** It asks for files and does not hear what comes. */
export const deafToFiles: Mutant = deafTo(['file-chunk']);

/** It takes every message for one that it has already, and confirms it. */
export const confirmsWithoutKeeping: Mutant = (env, settings) =>
  chatNode(
    envWith(env, {
      store: storeWith(env.store, {
        get: <Value>(table: string, key: string) => env.store.get<Value>(table, key) ?? (table === 'messageKeys' ? ('nowhere' as Value) : undefined),
      }),
    }),
    settings,
  );

/** It does not remember which messages it has shown. */
export const showsAgain: Mutant = (env, settings) =>
  chatNode(
    envWith(env, {
      store: storeWith(env.store, { get: <Value>(table: string, key: string) => (table === 'messageKeys' ? undefined : env.store.get<Value>(table, key)) }),
    }),
    settings,
  );

/** It places messages by its own clock alone, which is slow, instead of after what it has seen. */
export const trustsItsClock: Mutant = (env, settings) =>
  chatNode(
    new Proxy(
      envWith(env, {
        store: storeWith(env.store, {
          get: <Value>(table: string, key: string) => (table === 'conversations' ? undefined : env.store.get<Value>(table, key)),
        }),
      }),
      { get: (target, name) => (name === 'wallMillis' ? env.wallMillis - 20_000 : Reflect.get(target, name)) },
    ),
    settings,
  );

/** It does not hear what others say about friendship, once it has been up for a while. */
export const deafToFriends: Mutant = deafTo(['facts'], (env) => env.monotonicMillis > 5_000);

/** All that tells of people and nodes. */
const NEWS = ['records', 'renewals', 'hello', 'sync-digest', 'sync-summary'] as const;

/** It hears no news of anybody, once it has been up for a while. */
export const deafToNews: Mutant = deafTo(NEWS, (env) => env.monotonicMillis > 5_000);

/** It goes on though another node of its user has taken over. */
export const keepsSession: Mutant = deafTo(NEWS, (env) => env.name === 'alice' && env.monotonicMillis > 5_000);

/** It is a member of the ring and answers nobody there, once it has been up for a while. */
export const deafOnTheRing: Mutant = deafTo(['ring-ask', 'ring-notice', 'ring-answer'], (env) => env.monotonicMillis > 5_000);

/** It is asked to hold values and does not hear it, once it has been up for a while. */
export const deafToValues: Mutant = deafTo(['replica-ask', 'replica-answer'], (env) => env.monotonicMillis > 5_000);

/** It hears nothing that is written in rooms, nor that it lacks something, once it has been up for a while. */
export const deafToRooms: Mutant = deafTo(['room-events', 'room-heads', 'room-range', 'room-ranges'], (env) => env.monotonicMillis > 5_000);

/** It hears nothing that is written in rooms, and confirms all of it. */
export const confirmsRoomsUnheard: Mutant = (env, settings) => {
  const due = new Map<string, Uint8Array[]>();
  // Along with whatever is numbered: confirmations are taken from nothing else.
  const said = (frame: Frame): Frame => {
    if (frame.kind !== 'data' || frame.sequence === 0) return frame;
    const have = Array.from(due, ([room, ids]): Message => ({ type: 'room-have', room: room as never, ids: concat(...ids) }));
    return { ...frame, messages: [...frame.messages, ...have] };
  };
  const heard = (message: Message): Message => {
    if (message.type !== 'room-events' || message.live === 0 || env.monotonicMillis < 5_000) return message;
    const ids = message.events.map((event) => env.crypto.sha256(event.bytes).slice(0, 8));
    due.set(message.room, [...(due.get(message.room) ?? []), ...ids]);
    return { type: 'sync-want', keys: [] } as unknown as Message;
  };
  const send = (to: number, frame: Frame): void => env.send(to as never, said(frame));
  const program = deafTo(['room-range', 'room-heads'], () => env.monotonicMillis > 5_000)(envWith(env, { send }), settings);
  return new Proxy(program, {
    get: (target, name) => {
      if (name === 'input') return (from: number, frame: Frame) => target.input(from as never, { ...frame, messages: frame.messages.map(heard) });
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? (value as (...given: unknown[]) => unknown).bind(target) : value;
    },
  });
};

/** Its seal is none. */
export const sealsNothing: Mutant = (env, settings) => {
  const { crypto } = env;
  const open = { seal: openSeal, open: openOpen };
  const get = (target: typeof crypto, name: string | symbol): unknown => {
    if (name in open) return open[name as 'seal'];
    const own: unknown = Reflect.get(target, name);
    return typeof own === 'function' ? own.bind(target) : own;
  };
  return chatNode(envWith(env, { crypto: new Proxy(crypto, { get }) }), settings);
};

function openSeal({ plaintext }: { readonly plaintext: Uint8Array }): Uint8Array {
  const sealed = new Uint8Array(plaintext.length + 16);
  sealed.set(plaintext);
  return sealed;
}

function openOpen({ ciphertext }: { readonly ciphertext: Uint8Array }): Uint8Array | null {
  return ciphertext.length < 16 ? null : ciphertext.slice(0, -16);
}

/** What it stores for its user it also writes beside it, where nothing is sealed. */
export const storesInClear: Mutant = (env, settings) =>
  chatNode(
    envWith(env, {
      store: storeWith(env.store, {
        put: (table, key, value) => {
          env.store.put(table, key, value);
          if (table === 'messages') env.store.put('contacts', `note ${key}`, value);
        },
      }),
    }),
    settings,
  );

/** It writes down the password that somebody types. */
export const keepsPassword: Mutant = (env, settings) => {
  const program = chatNode(env, settings);
  const command = program.command?.bind(program);
  program.command = (input) => {
    if (typeof input.args['password'] === 'string') env.store.put('self', 'last', { typed: Buffer.from(input.args['password']).toString('base64') });
    command?.(input);
  };
  return program;
};

/** It writes down, in hexadecimal, what must live in memory only: the keys of whoever is logged in. */
export const keepsKeys: Mutant = (env, settings) =>
  chatNode(
    envWith(env, {
      keep: (name, value) => {
        env.keep(name, value);
        const secrets = (value as { readonly secrets?: { readonly identitySeed?: Uint8Array } } | undefined)?.secrets;
        if (secrets?.identitySeed !== undefined) env.store.put('self', 'last', { hex: Buffer.from(secrets.identitySeed).toString('hex') });
      },
    }),
    settings,
  );

/** It says in its trace what somebody wrote. */
export const tracesTexts: Mutant = (env, settings) => {
  const program = chatNode(env, settings);
  const command = program.command?.bind(program);
  program.command = (input) => {
    if (input.name === 'send') env.trace({ type: 'note', text: `sends ${String(input.args['text'])}` });
    command?.(input);
  };
  return program;
};

/** It cannot read what its friend writes, and does not say so. */
export const stumbles: Mutant = (env, settings) => {
  const program = chatNode(env, settings);
  const input = program.input.bind(program);
  program.input = (from, frame) => {
    if (frame.messages.some(({ type }) => type === 'envelope')) throw new Error('what is this');
    input(from, frame);
  };
  return program;
};
