import type { ChannelEvent } from '../../../backbone/domain/event.ts';

/** Names, punctuation and the longest id of an event as JSON; the channel's and type's characters need no escape. */
const ENVELOPE_BYTES = 160;

/** What JSON writes with two characters. Other control characters take six. */
const SHORT_ESCAPES: ReadonlySet<number> = new Set(Array.from('\b\t\n\f\r"\\', (character) => character.charCodeAt(0)));

const LAST_CONTROL = 0x1f;

/** Events of a ring are in many pages. */
const known = new WeakMap<ChannelEvent, number>();

/** Bytes that an event takes at most as JSON, without making it. */
export function jsonBytes(event: ChannelEvent): number {
  const bytes = known.get(event) ?? countJsonBytes(event);
  known.set(event, bytes);
  return bytes;
}

function countJsonBytes({ channel, type, data }: ChannelEvent): number {
  let escapes = 0;
  for (let index = 0; index < data.length; index++) {
    const code = data.charCodeAt(index);
    if (SHORT_ESCAPES.has(code)) escapes += 1;
    else if (code <= LAST_CONTROL) escapes += 5;
  }
  return ENVELOPE_BYTES + channel.length + type.length + Buffer.byteLength(data) + escapes;
}
