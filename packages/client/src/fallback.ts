import { Backoff } from '../../protocol/backoff.ts';
import type { Tunables } from './options.ts';
import { SILENT, STREAM_BUFFERED } from './stream.ts';

/** The longest time that `auto` polls before it tries a stream again. */
const STREAM_RETRY_MAX_MS = 3_600_000;

/** So many streams that fell silent early, one after the other, are held back by a proxy: a network seldom fails that way. */
const SILENT_STREAMS = 2;

/** A stream that brought something for so many times the silence that is allowed was not held back. */
const PROVEN_AFTER_SILENCES = 10;

/**
 * When `auto` polls. A proxy may hold a stream back as a whole, or pass its beginning and hold the rest; polls pass
 * either. Streams are tried again after a while.
 */
export class Fallback {
  readonly #silenceTimeoutMs: number;
  readonly #backoff: Backoff;
  #untilMs = 0;
  #silentStreams = 0;
  /** When the last stream fell silent. Those that were open at the time say nothing new. */
  #silentAtMs = 0;

  constructor({ streamRetryMs, silenceTimeoutMs }: Tunables) {
    this.#backoff = new Backoff(streamRetryMs, 0);
    this.#silenceTimeoutMs = silenceTimeoutMs;
  }

  /** It polls until then. */
  get untilMs(): number {
    return this.#untilMs;
  }

  get isActive(): boolean {
    return Date.now() < this.#untilMs;
  }

  /** A stream has ended with an error of this code. Returns whether to poll. */
  afterStream(code: string, openedAtMs: number): boolean {
    const nowMs = Date.now();
    if (nowMs - openedAtMs > PROVEN_AFTER_SILENCES * this.#silenceTimeoutMs) {
      this.#silentStreams = 0;
      this.#backoff.reset();
    }
    if (code === SILENT && openedAtMs >= this.#silentAtMs) {
      this.#silentStreams++;
      this.#silentAtMs = nowMs;
    }
    const isHeldBack = code === STREAM_BUFFERED || (code === SILENT && this.#silentStreams >= SILENT_STREAMS);
    // If a proxy holds back several streams at the same time, the first one to notice is enough.
    if (isHeldBack && !this.isActive) this.#untilMs = nowMs + this.#backoff.nextDelayMs(STREAM_RETRY_MAX_MS);
    return isHeldBack;
  }
}
