/** Media types (RFC 6838) by the endings of names; a guess for people, never trusted. */
const TYPES: Readonly<Record<string, string>> = {
  '.txt': 'text/plain',
  '.md': 'text/markdown',
  '.csv': 'text/csv',
  '.html': 'text/html',
  '.json': 'application/json',
  '.yaml': 'application/yaml',
  '.pdf': 'application/pdf',
  '.zip': 'application/zip',
  '.gz': 'application/gzip',
  '.tar': 'application/x-tar',
  '.png': 'image/png',
  '.jpg': 'image/jpeg',
  '.jpeg': 'image/jpeg',
  '.gif': 'image/gif',
  '.webp': 'image/webp',
  '.svg': 'image/svg+xml',
  '.mp3': 'audio/mpeg',
  '.ogg': 'audio/ogg',
  '.wav': 'audio/wav',
  '.mp4': 'video/mp4',
  '.webm': 'video/webm',
};

const ENDING = /\.[^.\s]{1,12}$/;

/** `.pdf`; empty for a name without one. */
export function extensionOf(name: string): string {
  const ending = ENDING.exec(name)?.[0] ?? '';
  return ending === name ? '' : ending;
}

export function mediaTypeOf(name: string): string {
  return TYPES[extensionOf(name).toLowerCase()] ?? 'application/octet-stream';
}
