/** What the codes of the operating system mean, in words that stand after "cannot be written:". The one table of them. */
const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EROFS: 'the file system is read-only',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  EEXIST: 'a file is in its place',
  ENOTDIR: 'a part of the path is a file',
  ENOENT: 'there is no such file or folder',
  EISDIR: 'it is a folder',
  ENAMETOOLONG: 'the name is too long',
  EMFILE: 'too many files are open; raise ulimit -n',
  EIO: 'the disk reports an error',
};

/** Words for the code of a system error; null for what is none, or has none of these. */
export function systemReason(error: unknown): string | null {
  const code = typeof error === 'object' && error !== null ? (error as { readonly code?: unknown }).code : undefined;
  return typeof code === 'string' && Object.hasOwn(REASONS, code) ? (REASONS[code] as string) : null;
}

/**
 * Why a folder could not be made together with its parents. ENOENT, which the system also says where a file system takes no folders,
 * cannot mean here that one is missing.
 */
export function folderReason(error: unknown): string {
  if ((error as { readonly code?: unknown }).code === 'ENOENT') return 'the file system takes no folders there, or a link on the way leads nowhere';
  return systemReason(error) ?? (error instanceof Error ? error.message : String(error));
}
