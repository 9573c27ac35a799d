import type { ChannelEvent } from '../../../backbone/domain/event.ts';
import { encodeEventFrame, toWireEvent } from '../../../backbone/domain/event.ts';

/** What API Gateway bills as one message (API Gateway pricing, 2026-11). */
export const MAX_BATCH_BYTES = 32 * 1024;

/**
 * The frames for events of one channel: one for each event, or as few as {@link MAX_BATCH_BYTES} allows.
 * @param batch whether the client accepts several events per frame
 */
export function encodeFrames(channel: string, events: readonly ChannelEvent[], batch: boolean): readonly string[] {
  if (!batch) return events.map(encodeEventFrame);
  const packer = new EventPacker(channel);
  return [...events.map((event) => packer.add(event)), packer.flush()].filter((frame) => frame !== undefined);
}

/** Packs events of one channel into frames that are billed as one message each. */
export class EventPacker {
  readonly #head: string;
  #texts: string[] = [];
  #bytes = 0;
  #only: ChannelEvent | undefined;

  constructor(channel: string) {
    this.#head = `{"kind":"events","channel":${JSON.stringify(channel)},"events":[`;
  }

  /** Adds an event. If it does not fit, returns the full frame and begins the next one with the event. */
  add(event: ChannelEvent): string | undefined {
    const { channel, ...batched } = toWireEvent(event);
    const text = JSON.stringify(batched);
    // Two more bytes: for a comma, or for the end of the frame.
    const bytes = Buffer.byteLength(text) + 2;
    const full = this.#bytes > 0 && this.#bytes + bytes > MAX_BATCH_BYTES ? this.flush() : undefined;
    if (this.#bytes === 0) this.#bytes = Buffer.byteLength(this.#head);
    this.#bytes += bytes;
    this.#texts.push(text);
    this.#only = event;
    return full;
  }

  /** The frame with all events added since the last one; undefined if there are none. */
  flush(): string | undefined {
    const [texts, only] = [this.#texts, this.#only];
    this.#texts = [];
    this.#bytes = 0;
    if (only === undefined || texts.length === 0) return undefined;
    // An event of the largest size fits into an `event` frame but not into this one.
    return texts.length === 1 ? encodeEventFrame(only) : `${this.#head}${texts.join(',')}]}`;
  }
}
