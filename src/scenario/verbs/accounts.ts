import { Type } from '@sinclair/typebox';
import { expandNames, userOf } from '../names.ts';
import { keys, oneOf, password, text, users } from '../parts.ts';
import { type AnyVerb, longForm, verb } from '../verb.ts';
import { counted, does, listed } from '../words.ts';

const registerKeys = keys(
  { users, password: Type.Optional(password), 'display-name': Type.Optional(text) },
  'users to register, with a password or display name',
);
const passwordKeys = keys({ users, password: Type.Optional(password) }, 'users, with another password than their own');

type RegisterKeys = typeof registerKeys.static;
type PasswordKeys = typeof passwordKeys.static;

const register = verb({
  name: 'register',
  schema: Type.Union([...users.anyOf, registerKeys], { description: 'Make accounts and log them in, each at the node of its name, all at once.' }),
  mentions: (value) => expandNames(longForm<RegisterKeys>(value, 'users').users),
  words: (value) => does(expandNames(longForm<RegisterKeys>(value, 'users').users), 'registers', 'register'),
  run: async (value, scene, { withinMillis }) => {
    const long = longForm<RegisterKeys>(value, 'users');
    const names = expandNames(long.users);
    const displayName = long['display-name'];
    await scene.each(names, async (name) => {
      const word = scene.passwordOf(name, long.password);
      const { recoveryWords } = await scene.ask(name, 'register', { password: word, ...(displayName === undefined ? {} : { displayName }) }, withinMillis);
      scene.rememberWords(name, recoveryWords);
      scene.rememberPassword(name, word);
    });
    return names.length === 1 ? undefined : counted(names.length, 'account');
  },
});

const logIn = verb({
  name: 'log-in',
  schema: Type.Union([...users.anyOf, passwordKeys], { description: 'Log users in at the nodes of their names.' }),
  mentions: (value) => expandNames(longForm<PasswordKeys>(value, 'users').users),
  words: (value) => {
    const long = longForm<PasswordKeys>(value, 'users');
    return `${does(expandNames(long.users), 'logs in', 'log in')}${long.password === undefined ? '' : ' with a password of this step'}`;
  },
  run: async (value, scene, { withinMillis }) => {
    const long = longForm<PasswordKeys>(value, 'users');
    await scene.each(expandNames(long.users), async (name) => {
      await scene.ask(name, 'login', { password: scene.passwordOf(name, long.password) }, withinMillis);
    });
    return undefined;
  },
});

const recover = verb({
  name: 'recover',
  schema: Type.Union([...users.anyOf, passwordKeys], {
    description: 'Log users in at these nodes by the recovery words that their registration showed, and set a new password.',
  }),
  mentions: (value) => expandNames(longForm<PasswordKeys>(value, 'users').users),
  words: (value) => does(expandNames(longForm<PasswordKeys>(value, 'users').users), 'recovers the account by words', 'recover their accounts by words'),
  run: async (value, scene, { withinMillis }) => {
    const long = longForm<PasswordKeys>(value, 'users');
    await scene.each(expandNames(long.users), async (name) => {
      const password = long.password ?? `${userOf(name)} once more`;
      await scene.ask(name, 'recover', { words: scene.wordsOf(name), password }, withinMillis);
      scene.rememberPassword(name, password);
    });
    return undefined;
  },
});

const logOut = verb({
  name: 'log-out',
  schema: Type.Union([...users.anyOf], { description: 'Log users out; their nodes stay up.' }),
  mentions: expandNames,
  words: (value) => does(expandNames(value), 'logs out', 'log out'),
  run: async (value, scene, { withinMillis }) => {
    await scene.each(expandNames(value), async (name) => {
      await scene.ask(name, 'logout', {}, withinMillis);
    });
    return undefined;
  },
});

const deleteAccount = verb({
  name: 'delete-account',
  schema: Type.Union([...users.anyOf, passwordKeys], { description: 'Delete accounts for good; their nodes end and leave nothing behind.' }),
  mentions: (value) => expandNames(longForm<PasswordKeys>(value, 'users').users),
  life: (value) => ({ ends: expandNames(longForm<PasswordKeys>(value, 'users').users) }),
  words: (value) => {
    const names = expandNames(longForm<PasswordKeys>(value, 'users').users);
    return names.length === 1 ? `${listed(names)} deletes the account` : `${listed(names)} delete their accounts`;
  },
  run: async (value, scene, { withinMillis }) => {
    const long = longForm<PasswordKeys>(value, 'users');
    await scene.each(expandNames(long.users), async (name) => {
      await scene.ask(name, 'delete-account', { password: scene.passwordOf(name, long.password) }, withinMillis);
      const check = async () => (scene.engine.isRunning(name) ? `its node still runs` : null);
      await scene.until(`the node of ${name} was to end with the account`, check, withinMillis);
    });
    return undefined;
  },
});

const statusKeys = keys(
  { of: users, is: Type.Optional(oneOf(['online', 'away', 'busy', 'offline'], 'online, away, busy or offline')), text: Type.Optional(text) },
  'Set a status: `is` whether somebody is here, `text` a line with it.',
);

const status = verb({
  name: 'status',
  schema: statusKeys,
  mentions: (value) => expandNames(value.of),
  misfit: (value) => (value.is === undefined && value.text === undefined ? 'a status needs `is` or `text`' : null),
  words: (value) => {
    const names = expandNames(value.of);
    const line = value.text === undefined || value.text === '' ? '' : ` "${value.text}"`;
    return value.is === undefined ? `${does(names, 'says', 'say')}${line || ' nothing more'}` : `${does(names, 'is', 'are')} now ${value.is}${line}`;
  },
  run: async (value, scene, { withinMillis }) => {
    const args = { ...(value.is === undefined ? {} : { presence: value.is }), ...(value.text === undefined ? {} : { text: value.text }) };
    await scene.each(expandNames(value.of), async (name) => {
      await scene.ask(name, 'status', args, withinMillis);
    });
    return undefined;
  },
});

const profile = verb({
  name: 'profile',
  schema: keys({ of: users, 'display-name': Type.Optional(text), about: Type.Optional(text) }, 'Change the public profile of users.'),
  mentions: (value) => expandNames(value.of),
  misfit: (value) => (value['display-name'] === undefined && value.about === undefined ? 'a profile step needs `display-name` or `about`' : null),
  words: (value) => does(expandNames(value.of), 'changes the profile', 'change their profiles'),
  run: async (value, scene, { withinMillis }) => {
    const displayName = value['display-name'];
    const args = { ...(displayName === undefined ? {} : { displayName }), ...(value.about === undefined ? {} : { about: value.about }) };
    await scene.each(expandNames(value.of), async (name) => {
      await scene.ask(name, 'profile', args, withinMillis);
    });
    return undefined;
  },
});

export const ACCOUNT_VERBS: readonly AnyVerb[] = [register, logIn, recover, logOut, deleteAccount, status, profile];
