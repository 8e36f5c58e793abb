import type { ControlClient } from '../../control/protocol.ts';
import type { NodeInfo } from '../../core/commands.ts';
import { ConfabError } from '../../core/errors.ts';

/** Logs in at a node, or registers the first time. A node whose disk was lost does not know that its user has registered. Rejects with ConfabError. */
export async function arrive(client: ControlClient, password: string, displayName: string): Promise<void> {
  const { loggedIn, registered } = (await client.call('info')) as NodeInfo;
  if (loggedIn) return;
  try {
    if (!registered) return void (await client.call('register', { password, displayName }));
  } catch (error) {
    if (!(error instanceof ConfabError && error.code === 'name-taken')) throw error;
  }
  await client.call('login', { password });
}
