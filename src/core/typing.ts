import type { Env } from './env.ts';

/** Who is typing where: in memory, and forgotten by itself. `Place` is what is told of it. */
export class Typing<Place> {
  readonly #env: Pick<Env, 'monotonicMillis'>;
  readonly #lastsMillis: number;
  readonly #tell: (place: Place, typing: boolean) => void;
  readonly #until = new Map<string, { readonly place: Place; readonly millis: number }>();

  constructor(env: Pick<Env, 'monotonicMillis'>, lastsMillis: number, tell: (place: Place, typing: boolean) => void) {
    this.#env = env;
    this.#lastsMillis = lastsMillis;
    this.#tell = tell;
  }

  get any(): boolean {
    return this.#until.size > 0;
  }

  is(key: string): boolean {
    return this.#until.has(key);
  }

  /** Said by whom `key` stands for; told only where it is news. */
  heard(key: string, place: Place, typing: boolean): void {
    const before = this.#until.has(key);
    if (typing) this.#until.set(key, { place, millis: this.#env.monotonicMillis + this.#lastsMillis });
    else this.#until.delete(key);
    if (before !== typing) this.#tell(place, typing);
  }

  tick(): void {
    for (const [key, { place, millis }] of this.#until) if (this.#env.monotonicMillis >= millis) this.heard(key, place, false);
  }

  forget(): void {
    this.#until.clear();
  }
}
