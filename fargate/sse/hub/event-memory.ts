import type { ChannelEvent } from '../../../backbone/domain/event.ts';

/**
 * Memory of an event's objects and short texts in a ring or a page: 290 to 320 bytes, measured with Node 24.
 */
const OBJECT_BYTES = 320;

/**
 * Memory that an event takes besides its encoded bytes. V8 stores an ASCII string with one byte per character, most
 * others with two.
 */
export function eventMemory({ data }: ChannelEvent): number {
  return OBJECT_BYTES + (Buffer.byteLength(data) === data.length ? data.length : 2 * data.length);
}
