import type { ChannelEvent } from '../../../backbone/domain/event.ts';

/** An event's objects and short texts in a ring or a page, measured with Node 24 at 290 to 320 bytes. */
const OBJECT_BYTES = 320;

/** What an event takes in memory besides its encoded bytes. V8 keeps a text of ASCII with one byte a character, most others with two. */
export function eventMemory({ data }: ChannelEvent): number {
  return OBJECT_BYTES + (Buffer.byteLength(data) === data.length ? data.length : 2 * data.length);
}
