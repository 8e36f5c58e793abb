import { execFile } from 'node:child_process';
import { SOCKETS_MAX } from '../adapters/zeromq/limits.ts';
import { ConfabError } from '../core/errors.ts';

/**
 * Databases and their logs, the inbox, and the two ends of links to nodes in other processes. Measured were 62 at rest where half of
 * the links stay within a process; the more processes there are, the fewer do, and while a crowd joins there are more links.
 */
export const DESCRIPTORS_PER_NODE = 100;
/** The inbox and a socket for each link, with room. */
const SOCKETS_PER_NODE = 40;
/** What a process has without any node. */
const DESCRIPTORS_OF_PROCESS = 100;

/** Open files that a process may have; Node.js raises its own limit to the hard one when it starts. Infinite when there is none or nobody knows. */
export async function openFilesLimit(): Promise<number> {
  const text = await new Promise<string>((resolve) =>
    execFile('/bin/sh', ['-c', 'ulimit -n'], (error, stdout) => resolve(error === null ? stdout.trim() : 'unlimited')),
  );
  const limit = Number(text);
  return Number.isFinite(limit) && limit > 0 ? limit : Number.POSITIVE_INFINITY;
}

export function nodesPerProcessMax(openFiles: number): number {
  return Math.max(1, Math.floor(Math.min((openFiles - DESCRIPTORS_OF_PROCESS) / DESCRIPTORS_PER_NODE, SOCKETS_MAX / SOCKETS_PER_NODE)));
}

/** Throws `bad-arguments` when so many nodes would run out of descriptors or sockets in the middle of a run. */
export async function requireRoomFor(command: string, perProcess: number): Promise<void> {
  if (perProcess <= 1) return;
  const openFiles = await openFilesLimit();
  const most = nodesPerProcessMax(openFiles);
  if (perProcess <= most) return;
  const reason = `--per-process ${perProcess} needs more open files or ZeroMQ sockets than a process may have here (${openFiles} and ${SOCKETS_MAX}); ${most} is the most`;
  throw new ConfabError('bad-arguments', { command, reason });
}
