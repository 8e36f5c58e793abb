/** What a person did at the keyboard, free of any terminal's encoding. */
export type Key =
  /** One code point that was typed. */
  | { readonly type: 'text'; readonly text: string }
  /** A named key or a letter with modifiers; letters are lower case. */
  | { readonly type: 'key'; readonly name: KeyName; readonly ctrl: boolean; readonly alt: boolean; readonly shift: boolean }
  /** A whole paste, however many chunks it came in. */
  | { readonly type: 'paste'; readonly text: string };

export type KeyName =
  | 'enter'
  | 'tab'
  | 'backspace'
  | 'delete'
  | 'insert'
  | 'escape'
  | 'up'
  | 'down'
  | 'left'
  | 'right'
  | 'home'
  | 'end'
  | 'page-up'
  | 'page-down'
  | `f${number}`
  /** A character that came with Ctrl or Alt. */
  | `char:${string}`;

export function key(name: KeyName, modifiers: { readonly ctrl?: boolean; readonly alt?: boolean; readonly shift?: boolean } = {}): Key {
  return { type: 'key', name, ctrl: modifiers.ctrl ?? false, alt: modifiers.alt ?? false, shift: modifiers.shift ?? false };
}

/** `C-a`, `M-enter`, `S-tab`, `f1`: one text per key, for tables. */
export function chord(pressed: Key): string {
  if (pressed.type !== 'key') return '';
  const name = pressed.name.startsWith('char:') ? pressed.name.slice(5) : pressed.name;
  return `${pressed.ctrl ? 'C-' : ''}${pressed.alt ? 'M-' : ''}${pressed.shift ? 'S-' : ''}${name}`;
}
