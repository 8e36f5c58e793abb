import { sameBytes } from '../../src/core/bytes.ts';
import type { NodeInfo } from '../../src/core/commands.ts';
import { ConfabError } from '../../src/core/errors.ts';
import { NO_FAULTS } from '../../src/core/faults.ts';
import type { FileView } from '../../src/core/files/file-commands.ts';
import type { RoomView } from '../../src/core/rooms/room-commands.ts';
import type { Rule } from '../../src/core/rules.ts';
import { SeededRandom } from '../../src/sim/random.ts';
import { PASSWORD } from '../core/small-world.ts';
import { FilesWorld, type Sent } from './files-world.ts';

/**
 * Random lives of people who send each other files, directly and in a room, while nodes die, stop, log out, log in elsewhere, run out
 * of disk and are cut off from each other. In the end everybody is there and takes everything: every file whose sending was
 * acknowledged is whole at everybody to whom it was offered, and its author knows that.
 */
export interface FileLifeVerdict {
  readonly problems: readonly string[];
  readonly log: readonly string[];
  readonly files: number;
  /** Transfers that were there in part when something happened to an end of them. */
  readonly interrupted: number;
}

const PEOPLE = ['alice', 'bob', 'carol'] as const;
const ACTIONS = 24;
const SIZE_MAX = 700_000;
const END_MILLIS = 180_000;
const HONEST = new Set<string>([
  'unavailable',
  'busy',
  'not-logged-in',
  'already-logged-in',
  'store-failed',
  'timeout',
  'session-moved',
  'unknown-user',
  'unknown-file',
  'not-registered',
]);
const THIN: Rule = { id: 'thin', from: ['*'], to: ['*'], oneWay: false, kind: 'bandwidth', bytesPerSecond: 400_000, queueBytesMax: 400_000 };

interface Offered {
  readonly sent: Sent;
  readonly from: string;
  readonly to: readonly string[];
}

class FileLife {
  readonly world: FilesWorld;
  readonly random: SeededRandom;
  readonly log: string[] = [];
  readonly problems: string[] = [];
  readonly offered: Offered[] = [];
  interrupted = 0;
  /** At which node each of the people was logged in last. */
  readonly #at = new Map<string, string>(PEOPLE.map((name) => [name, name]));
  readonly #cuts = new Set<string>();
  #thin = false;
  #count = 0;

  constructor(seed: number) {
    this.world = new FilesWorld(seed);
    this.random = new SeededRandom(`files ${seed}`);
    this.world.engine.onCrash((reason) => this.problems.push(`crash: ${reason}`));
  }

  of<Item>(items: readonly Item[]): Item {
    return items[this.random.below(items.length)] as Item;
  }

  nodeOf(name: string): string {
    return this.#at.get(name) ?? name;
  }

  async prepare(): Promise<void> {
    await this.world.people(...PEOPLE);
    await this.world.befriend('alice', 'bob');
    await this.world.befriend('bob', 'carol');
    const { link } = await this.world.ask<RoomView>('alice', 'room-create', { name: 'garden' });
    for (const name of ['bob', 'carol']) await this.world.ask(name, 'room-join', { room: link });
    const everybody = async (): Promise<boolean> =>
      (await Promise.all(PEOPLE.map((name) => this.world.ask<RoomView>(name, 'room', { room: 'garden' })))).every((room) => room.members === 3);
    await this.world.soon('all are in the garden', everybody);
  }

  /** Refusals that are honest are no problem. */
  async try(what: string, act: () => Promise<void>): Promise<void> {
    this.log.push(`${this.world.engine.now().toFixed(0)} ${what}`);
    try {
      await act();
    } catch (error) {
      const code = error instanceof ConfabError ? error.code : String(error);
      this.log.push(`  ${code}`);
      if (!HONEST.has(code)) this.problems.push(`${what}: ${code}`);
    }
  }

  async send(): Promise<void> {
    const from = this.of(PEOPLE);
    const inRoom = this.random.fraction() < 0.4;
    const to = inRoom ? PEOPLE.filter((name) => name !== from) : [from === 'bob' ? this.of(['alice', 'carol']) : 'bob'];
    this.#count += 1;
    const name = `file-${this.#count}.bin`;
    const bytes = this.random.below(SIZE_MAX);
    await this.try(`${from} sends ${name} (${bytes}) to ${inRoom ? '#garden' : to.join()}`, async () => {
      const sent = await this.world.send(this.nodeOf(from), inRoom ? '#garden' : (to[0] as string), name, bytes);
      this.offered.push({ sent, from, to });
    });
  }

  async accept(name: string): Promise<void> {
    for (const file of await this.world.files(this.nodeOf(name))) {
      if (file.state !== 'offered') continue;
      await this.try(`${name} accepts ${file.name}`, async () => void (await this.world.ask(this.nodeOf(name), 'file-accept', { id: file.id })));
    }
  }

  async logIn(name: string, node: string): Promise<void> {
    if (!this.world.engine.isRunning(node)) {
      const other = this.world.engine.nodes().find((each) => each !== node && this.world.engine.isRunning(each));
      await this.world.engine.startNode(node, other === undefined ? {} : { peers: [await this.world.engine.endpointOf(other)] });
    }
    await this.world.ask(node, 'login', { password: PASSWORD });
    this.#at.set(name, node);
  }

  async noteInterruption(): Promise<void> {
    for (const name of PEOPLE) {
      const files = await this.world.files(this.nodeOf(name)).catch((): readonly FileView[] => []);
      this.interrupted += files.filter((file) => file.state === 'loading' && file.bytes > 0).length;
    }
  }

  async act(): Promise<void> {
    const { engine } = this.world;
    const name = this.of(PEOPLE);
    const node = this.nodeOf(name);
    const what = this.random.below(10);
    if (what < 3) return this.send();
    if (what === 3) return this.try(`${name} accepts all`, () => this.accept(name));
    await this.noteInterruption();
    if (what === 4) {
      await this.try(`${name} is killed`, () => engine.killNode(node));
      await engine.wait(this.random.below(6_000));
      return this.try(`${name} is back`, () => this.logIn(name, node));
    }
    if (what === 5) {
      await this.try(`${name} logs out`, async () => void (await this.world.ask(node, 'logout')));
      await engine.wait(this.random.below(2_000));
      return this.try(`${name} logs in`, () => this.logIn(name, node));
    }
    if (what === 6) return this.try(`${name} logs in elsewhere`, () => this.logIn(name, node.includes('@') ? name : `${name}@desk`));
    if (what === 7) {
      this.#thin = !this.#thin;
      return this.rules(this.#thin ? 'thin lines' : 'thick lines');
    }
    if (what === 8) {
      if (!this.#cuts.delete(name)) this.#cuts.add(name);
      return this.rules(`${name} is cut off, or back`);
    }
    await this.try(`the disk of ${name} is full`, () => engine.setFaults(node, { ...NO_FAULTS, diskFull: true }));
    await engine.wait(this.random.below(3_000));
    return this.try('and is not', () => engine.setFaults(node, NO_FAULTS));
  }

  async rules(what: string): Promise<void> {
    const cuts = [...this.#cuts].map((name): Rule => ({ id: name, from: [name, `${name}@desk`], to: ['*'], oneWay: false, kind: 'cut' }));
    await this.try(what, () => this.world.engine.setRules([...cuts, ...(this.#thin ? [THIN] : [])]));
  }

  /** Everybody is there and takes what was offered; says what is not as it should be. */
  async end(): Promise<void> {
    this.#thin = false;
    this.#cuts.clear();
    await this.rules('all is healed');
    for (const name of PEOPLE) {
      await this.world.soon(`${name} is back at the first node`, async () => (await this.world.outcome(name, 'info')) === 'ok' || (await this.started(name)));
      await this.try(`${name} logs in for good`, () => this.logIn(name, name));
    }
    const left = await this.world.engine.until(() => this.missing().catch((error: Error) => error.message), END_MILLIS);
    if (left !== null) this.problems.push(left);
    for (const { sent, to } of left === null ? this.offered : []) {
      for (const name of to) {
        const path = await this.world.engine.peopleFiles.placeFor(name, sent.name);
        await this.world.ask(name, 'file-save', { id: sent.file, path, overwrite: true });
        const saved = await this.world.engine.peopleFiles.get(path);
        if (saved === null || !sameBytes(saved, this.world.content(sent.size, sent.name))) this.problems.push(`${name} has another ${sent.name}`);
      }
    }
    await this.world.engine.stop();
  }

  async started(node: string): Promise<boolean> {
    if (!this.world.engine.isRunning(node)) await this.world.engine.startNode(node);
    return true;
  }

  async missing(): Promise<string | null> {
    for (const name of PEOPLE) {
      // A claim of another node that a cut had hidden may have ended the session.
      if (!(await this.world.ask<NodeInfo>(name, 'info')).loggedIn) await this.logIn(name, name);
      await this.accept(name);
    }
    for (const { sent, from, to } of this.offered) {
      for (const name of to) {
        const seen = await this.world.file(name, sent.file);
        if (seen?.state !== 'complete')
          return `${sent.name} at ${name}: ${seen?.state ?? 'not known'}, ${seen?.bytes ?? 0} of ${sent.size}, waits for ${seen?.waitsFor}`;
      }
      const fetchedBy = (await this.world.file(from, sent.file))?.fetchedBy.join() ?? 'not known';
      if (fetchedBy !== [...to].sort().join()) return `${from} has heard of ${sent.name}: ${fetchedBy}`;
    }
    return null;
  }
}

/** The same seed gives the same life. */
export async function fileLife({ seed }: { readonly seed: number }): Promise<FileLifeVerdict> {
  const life = new FileLife(seed);
  await life.prepare();
  await life.send();
  for (let action = 0; action < ACTIONS; action += 1) {
    await life.act();
    await life.world.engine.wait(life.random.below(1_200));
  }
  await life.end();
  return { problems: life.problems, log: life.log, files: life.offered.length, interrupted: life.interrupted };
}
