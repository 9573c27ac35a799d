import { MAX_PRESENCE_DATA_BYTES } from '../../../protocol/presence.ts';
import type { Present } from './types.ts';

/** What a handle needs of the subscription that it belongs to. */
export interface HandleOwner {
  readonly channel: string;
  /** The data of one of its handles has changed. */
  updated(): void;
  left(handle: PresentHandle): void;
}

export class PresentHandle implements Present {
  readonly channel: string;
  readonly ready: Promise<void>;
  readonly #owner: HandleOwner;
  #data: string;
  #isReady = () => {};
  #isNotReady: (error: Error) => void = () => {};

  constructor(owner: HandleOwner, data: string) {
    this.channel = owner.channel;
    this.#owner = owner;
    this.#data = checkData(data);
    this.ready = new Promise((resolve, reject) => {
      this.#isReady = resolve;
      this.#isNotReady = reject;
    });
    // Avoids an unhandled rejection when nobody awaits it.
    this.ready.catch(() => {});
  }

  get data(): string {
    return this.#data;
  }

  update(data: string): void {
    this.#data = checkData(data);
    this.#owner.updated();
  }

  leave(): void {
    this.refuse(new Error('left before the server knew'));
    this.#owner.left(this);
  }

  /** The server knows. */
  confirm(): void {
    this.#isReady();
  }

  refuse(error: Error): void {
    this.#isNotReady(error);
  }
}

function checkData(data: string): string {
  const bytes = typeof data === 'string' ? new TextEncoder().encode(data).length : Number.NaN;
  if (bytes <= MAX_PRESENCE_DATA_BYTES) return data;
  throw new TypeError(`data "${String(data)}" is not valid: use text of at most ${MAX_PRESENCE_DATA_BYTES} bytes`);
}
