import { CUT_MS, type LaneState } from './lane.ts';

const FIRST_DELAY_MS = 500;
const MAX_DELAY_MS = 15_000;

/** Half fixed, half random: a lost server does not get everybody back at once, and nobody comes back without a pause. */
export function reconnectDelayMs(attempt: number, random: () => number): number {
  const ceilingMs = Math.min(MAX_DELAY_MS, FIRST_DELAY_MS * 2 ** attempt);
  return ceilingMs / 2 + (random() * ceilingMs) / 2;
}

export interface LinkOptions {
  /** Begins a connection. */
  readonly open: () => void;
  /** Ends the connection, if there is one, without a further word from it. */
  readonly drop: () => void;
  readonly onState: (state: LaneState) => void;
  readonly random: () => number;
}

/** When a lane connects, waits, is cut, and comes back; what a connection is, the lane knows. */
export class Link {
  readonly #options: LinkOptions;
  #attempt = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #connected = false;
  #closed = false;

  constructor(options: LinkOptions) {
    this.#options = options;
  }

  get connected(): boolean {
    return this.#connected;
  }

  open(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#options.onState({ kind: 'connecting' });
    this.#options.open();
  }

  /** The connection works. */
  established(): void {
    this.#attempt = 0;
    this.#connected = true;
    this.#options.onState({ kind: 'live' });
  }

  /** The connection failed: tries again after a growing, jittered delay. */
  lost(): void {
    const delayMs = reconnectDelayMs(this.#attempt++, this.#options.random);
    this.#dropFor(delayMs, { kind: 'lost', untilMs: Date.now() + delayMs });
  }

  /** The connection broke, and will come back without our doing. */
  interrupted(): void {
    this.#connected = false;
    this.#options.onState({ kind: 'lost' });
  }

  cut(): void {
    this.#dropFor(CUT_MS, { kind: 'cut', untilMs: Date.now() + CUT_MS });
  }

  /** Ends a wait; nothing happens while connected. */
  resume(): void {
    if (this.#timer !== undefined) this.open();
  }

  close(): void {
    this.#closed = true;
    this.#connected = false;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#options.drop();
  }

  #dropFor(delayMs: number, state: LaneState): void {
    if (this.#closed) return;
    this.#connected = false;
    this.#options.drop();
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.open(), delayMs);
    this.#options.onState(state);
  }
}
