import type { ServiceRequest, ServiceResult } from '../core/env.ts';

type FileRequest = Extract<ServiceRequest, { service: 'file-read' | 'file-write' | 'file-paths' }>;

/** The files of all people of a simulated world, in one tree of names: what is sent is put here, what is saved is found here. */
export class MemoryFiles {
  readonly #files = new Map<string, Uint8Array>();

  put(path: string, bytes: Uint8Array): void {
    this.#files.set(path, bytes);
  }

  get(path: string): Uint8Array | undefined {
    return this.#files.get(path);
  }

  serve(request: FileRequest): ServiceResult {
    switch (request.service) {
      case 'file-read':
        return this.#read(request);
      case 'file-write':
        return this.#write(request);
      case 'file-paths':
        return { ok: true, value: { paths: [...this.#files.keys()].filter((path) => path.startsWith(request.path)).sort() } };
    }
  }

  #read({ path, offset, length }: Extract<FileRequest, { service: 'file-read' }>): ServiceResult {
    if (!path.startsWith('/')) return { ok: false, code: 'file-path', details: { path } };
    const bytes = this.#files.get(path);
    if (bytes === undefined) return { ok: false, code: 'file-unreadable', details: { path, reason: 'there is no such file or folder' } };
    return { ok: true, value: { bytes: bytes.slice(offset, offset + length), size: bytes.length, modifiedMillis: 0 } };
  }

  #write({ path, name, offset, bytes, last, overwrite }: Extract<FileRequest, { service: 'file-write' }>): ServiceResult {
    if (!path.startsWith('/')) return { ok: false, code: 'file-path', details: { path } };
    const target = path.endsWith('/') ? path + name : path;
    if (offset === 0 && this.#files.has(target) && !overwrite) return { ok: false, code: 'file-exists', details: { path: target } };
    const part = `${target}.part`;
    const before = offset === 0 ? new Uint8Array() : this.#files.get(part);
    if (before?.length !== offset) return { ok: false, code: 'file-unwritable', details: { path: target, reason: 'something else is written there' } };
    const whole = new Uint8Array(offset + bytes.length);
    whole.set(before);
    whole.set(bytes, offset);
    this.#files.set(part, whole);
    if (last) {
      this.#files.set(target, whole);
      this.#files.delete(part);
    }
    return { ok: true, value: { path: target } };
  }
}
