import type { Socket } from 'node:net';

/** Writes lines to a socket: what comes in one go leaves in one go, since every write costs a system call here and a wake-up there. */
export class LineWriter {
  readonly #socket: Socket;
  #waiting = '';

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  /** What the other end has not taken, about, UTF-16 code units. */
  get backlogLength(): number {
    return this.#socket.writableLength + this.#waiting.length;
  }

  write(line: string): void {
    // Ticks run before what promises wait for, and ticks set there run after it: so events and the answers of one go leave together.
    if (this.#waiting === '') queueMicrotask(() => process.nextTick(() => this.flush()));
    this.#waiting += line;
  }

  flush(): void {
    const text = this.#waiting;
    this.#waiting = '';
    if (text !== '' && this.#socket.writable) this.#socket.write(text);
  }
}
