import { randomBytes } from 'node:crypto';
import { chmod, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ensureFolder } from '../../adapters/files.ts';

/** What a bot keeps in its node's folder, mode 0600: the same users come back with the next network. */
export interface BotSecrets {
  readonly password: string;
  /** The newcomer was asked to be friends already. */
  readonly invited: boolean;
}

const FILE = 'bot.json';
const PASSWORD_BYTES = 24;

/** Null when there is none or it is damaged. */
export async function readBotSecrets(folder: string): Promise<BotSecrets | null> {
  try {
    const value = JSON.parse(await readFile(join(folder, FILE), 'utf8')) as Record<string, unknown>;
    return typeof value['password'] === 'string' ? { password: value['password'], invited: value['invited'] === true } : null;
  } catch {
    return null;
  }
}

/** Puts the file in its place in one step. */
export async function writeBotSecrets(folder: string, secrets: BotSecrets): Promise<void> {
  ensureFolder(folder);
  const path = join(folder, FILE);
  await writeFile(`${path}.new`, `${JSON.stringify(secrets)}\n`, { mode: 0o600 });
  await chmod(`${path}.new`, 0o600);
  await rename(`${path}.new`, path);
}

/** What a bot knows itself by; made when it is new. */
export async function obtainBotSecrets(folder: string): Promise<BotSecrets> {
  const known = await readBotSecrets(folder);
  if (known !== null) return known;
  const fresh = { password: randomBytes(PASSWORD_BYTES).toString('base64url'), invited: false };
  await writeBotSecrets(folder, fresh);
  return fresh;
}
