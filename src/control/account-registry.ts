import { CORE_OPTIONS } from '../core/options.ts';
import { optional, text } from '../core/shape.ts';
import type { CommandEntry } from './registry.ts';

const password = text(0, CORE_OPTIONS.passwordCharactersMax);

/** The commands that lead into an account. */
export const ACCOUNT_REGISTRY = [
  {
    name: 'register',
    slash: ['/register'],
    summary: 'Make an account on this node',
    args: { password, displayName: optional(text(0, 64)) },
    positional: [],
    secret: ['password'],
    when: 'logged-out',
    example: '/register',
    menu: { order: 1, label: 'Register' },
  },
  {
    name: 'login',
    slash: ['/login'],
    summary: 'Open your vault and history',
    args: { password: text(0, 256) },
    positional: [],
    secret: ['password'],
    when: 'logged-out',
    example: '/login',
    menu: { order: 2, label: 'Log in' },
  },
  {
    name: 'recover',
    slash: ['/recover'],
    summary: 'Log in with your recovery words and choose a new password',
    args: { words: text(1, 512), password },
    positional: [],
    secret: ['words', 'password'],
    shownWhileTyped: ['words'],
    when: 'logged-out',
    example: '/recover',
    menu: { order: 3, label: 'Recover with words' },
  },
  {
    name: 'recovery-words',
    slash: ['/recovery-words'],
    summary: 'Show the words that open your account when password or folder are lost',
    args: { password: text(0, 256) },
    positional: [],
    secret: ['password'],
    when: 'logged-in',
    example: '/recovery-words',
  },
] as const satisfies readonly CommandEntry[];
