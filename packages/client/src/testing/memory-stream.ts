/**
 * The body of a stream, which knows when its reader has taken everything: it asks for more only then, because nothing is
 * buffered for it.
 */
export class MemoryStream {
  readonly body: ReadableStream<Uint8Array>;
  readonly #encoder = new TextEncoder();
  readonly #waiting: (() => void)[] = [];
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  #pending = '';
  #asksForMore = false;
  #hasEnded = false;

  constructor() {
    this.body = new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          this.#controller = controller;
        },
        pull: () => {
          this.#asksForMore = true;
          this.#pass();
        },
      },
      { highWaterMark: 0 },
    );
  }

  write(text: string): void {
    this.#pending += text;
    this.#pass();
  }

  /** Resolves when the reader has taken everything that was written, and the application what came of it; or at its end. */
  taken(): Promise<void> {
    return this.#isTaken() ? Promise.resolve() : new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Breaks the stream. */
  end(reason: unknown): void {
    this.#hasEnded = true;
    this.#controller?.error(reason);
    this.#settle();
  }

  #pass(): void {
    if (this.#asksForMore && this.#pending !== '' && !this.#hasEnded) {
      this.#asksForMore = false;
      this.#controller?.enqueue(this.#encoder.encode(this.#pending));
      this.#pending = '';
    }
    this.#settle();
  }

  #isTaken(): boolean {
    return this.#hasEnded || (this.#asksForMore && this.#pending === '');
  }

  #settle(): void {
    if (this.#isTaken()) for (const resolve of this.#waiting.splice(0)) resolve();
  }
}
