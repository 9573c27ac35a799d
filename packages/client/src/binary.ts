import type { BatchInput, ChannelEvent, ChannelItem, WireContent } from './types.ts';

// Bytes travel as base64, which every transport carries.

/** What is sent for an event. Anything that is neither text nor bytes is left as it is, to be refused. */
export function toWire({ data, ...event }: BatchInput): WireContent {
  if (!ArrayBuffer.isView(data)) return { ...event, data };
  // Of arrays of larger numbers, too.
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return { ...event, data: btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join('')), encoding: 'base64' };
}

/** Adds the bytes to an event that has some. */
export function withBytes<Item extends ChannelItem>(item: Item): Item {
  const { encoding, data } = item as Partial<ChannelEvent>;
  if (encoding === undefined || data === undefined) return item;
  return { ...item, bytes: Uint8Array.from(atob(data), (character) => character.charCodeAt(0)) };
}
