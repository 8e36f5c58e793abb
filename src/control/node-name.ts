import { ConfabError } from '../core/errors.ts';
import type { NodeName, UserName } from '../core/types.ts';

const PART = /^[a-z0-9][a-z0-9._-]{0,31}$/;

export interface NodeNameParts {
  /** `alice`, or `alice@desk`: folder, process title and rule groups use it. */
  readonly node: NodeName;
  readonly user: UserName;
  /** Empty for the default node of the user. */
  readonly label: string;
}

/** Takes `alice` or `alice@desk` apart; throws `bad-name` for anything that must not become a folder's name. */
export function parseNodeName(text: string, label?: string): NodeNameParts {
  const at = text.indexOf('@');
  const user = at < 0 ? text : text.slice(0, at);
  const written = at < 0 ? (label ?? '') : text.slice(at + 1);
  const labelFits = at < 0 ? written === '' || PART.test(written) : PART.test(written) && (label ?? written) === written;
  if (!PART.test(user) || !labelFits) throw new ConfabError('bad-name', { name: printable(PART.test(user) ? `${user}@${label ?? written}` : text) });
  return { node: (written === '' ? user : `${user}@${written}`) as NodeName, user: user as UserName, label: written };
}

/** Control characters must not reach a terminal, not even inside an error. */
function printable(text: string): string {
  return JSON.stringify(text.slice(0, 80)).replace(/[\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, '?');
}
