import { sameBytes } from '../../src/core/bytes.ts';
import type { FileView } from '../../src/core/files/file-commands.ts';
import type { CoreOptions } from '../../src/core/options.ts';
import type { SimEngineOptions } from '../../src/engine/sim.ts';
import { stream } from '../../src/sim/random.ts';
import { SmallWorld } from '../core/small-world.ts';

export interface Sent {
  readonly id: string;
  readonly file: string;
  readonly name: string;
  readonly size: number;
}

/** A simulated network whose people send each other files made from a seed. */
export class FilesWorld extends SmallWorld {
  readonly #seed: number;

  constructor(seed: number, coreOptions: Partial<CoreOptions> = {}, more: Partial<SimEngineOptions> = {}) {
    super(seed, coreOptions, more);
    this.#seed = seed;
  }

  /** Bytes that nobody has chosen. */
  content(bytes: number, name = 'x'): Uint8Array {
    return stream(this.#seed, 'file', name).bytes(bytes);
  }

  async send(from: string, to: string, name: string, bytes: number): Promise<Sent> {
    const path = await this.engine.peopleFiles.put(name, this.content(bytes, name));
    return await this.ask<Sent>(from, 'file-send', { to, path });
  }

  async files(node: string): Promise<readonly FileView[]> {
    return (await this.ask<{ files: readonly FileView[] }>(node, 'files')).files;
  }

  async file(node: string, id: string): Promise<FileView | undefined> {
    return (await this.files(node)).find((view) => view.id === id);
  }

  async complete(node: string, id: string, deadlineMillis = 30_000): Promise<void> {
    await this.soon(`${id.slice(0, 8)} complete at ${node}`, async () => (await this.file(node, id))?.state === 'complete', deadlineMillis);
  }

  /** Saves the file at a node and says whether it is what was sent. */
  async isWhole(node: string, sent: Sent): Promise<boolean> {
    const path = await this.engine.peopleFiles.placeFor(node, sent.name);
    await this.ask(node, 'file-save', { id: sent.file, path, overwrite: true });
    const saved = await this.engine.peopleFiles.get(path);
    return saved !== null && sameBytes(saved, this.content(sent.size, sent.name));
  }
}
