/** What only a terminal can do, in the shape of the registry's entries; the node never hears of these. */
export interface LocalCommand {
  readonly name: 'chat' | 'reply' | 'next' | 'help' | 'back' | 'retry' | 'copy' | 'quit';
  readonly slash: readonly string[];
  readonly summary: string;
  readonly positional: readonly string[];
  readonly complete?: Readonly<Record<string, 'friend'>>;
  readonly when: 'always' | 'logged-in';
  readonly example: string;
  readonly menu?: { readonly order: number; readonly label: string };
}

export const LOCAL_COMMANDS: readonly LocalCommand[] = [
  {
    name: 'chat',
    slash: ['/chat'],
    summary: 'Talk with a friend',
    positional: ['friend'],
    complete: { friend: 'friend' },
    when: 'logged-in',
    example: '/chat bob',
    menu: { order: 8, label: 'Live chat' },
  },
  {
    name: 'reply',
    slash: ['/reply'],
    summary: 'Answer a message: the one you name (^3), the selected one, or the last',
    positional: ['text'],
    when: 'logged-in',
    example: '/reply ^2 at noon',
  },
  { name: 'next', slash: ['/next'], summary: 'Go to the next unread conversation (Ctrl-N)', positional: [], when: 'logged-in', example: '/next' },
  { name: 'retry', slash: ['/retry'], summary: 'Send your last undelivered message of this chat again', positional: [], when: 'logged-in', example: '/retry' },
  { name: 'copy', slash: ['/copy'], summary: 'Show this screen as bare text, for copying', positional: [], when: 'always', example: '/copy' },
  { name: 'back', slash: ['/back'], summary: 'One level back (Esc)', positional: [], when: 'always', example: '/back' },
  { name: 'help', slash: ['/help'], summary: 'Keys and commands (F1)', positional: [], when: 'always', example: '/help' },
  { name: 'quit', slash: ['/quit', '/exit'], summary: 'Leave this terminal', positional: [], when: 'always', example: '/quit' },
];
