import type { NotifiedEvent } from '../../../backbone/domain/ephemeral-event.ts';

/**
 * Names, punctuation and the longest id of an event as JSON. The characters allowed in a channel or type need
 * no escape.
 */
const ENVELOPE_BYTES = 160;

/** Characters that JSON escapes with two characters. Other control characters take six. */
const SHORT_ESCAPES: ReadonlySet<number> = new Set(Array.from('\b\t\n\f\r"\\', (character) => character.charCodeAt(0)));

const LAST_CONTROL = 0x1f;

/** A cache, because an event of a ring appears in many pages. */
const known = new WeakMap<NotifiedEvent, number>();

/** An upper bound for the bytes of an event as JSON, without encoding it. */
export function jsonBytes(event: NotifiedEvent): number {
  const bytes = known.get(event) ?? countJsonBytes(event);
  known.set(event, bytes);
  return bytes;
}

function countJsonBytes({ channel, type, data }: NotifiedEvent): number {
  let escapes = 0;
  for (let index = 0; index < data.length; index++) {
    const code = data.charCodeAt(index);
    if (SHORT_ESCAPES.has(code)) escapes += 1;
    else if (code <= LAST_CONTROL) escapes += 5;
  }
  return ENVELOPE_BYTES + channel.length + type.length + Buffer.byteLength(data) + escapes;
}
