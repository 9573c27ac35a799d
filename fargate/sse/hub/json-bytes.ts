import type { EphemeralEvent } from '../../../backbone/domain/ephemeral-event.ts';
import type { ChannelEvent } from '../../../backbone/domain/event.ts';
import type { LatestEvent } from '../../../backbone/domain/latest-event.ts';

/** Whatever a page may hold. */
type PagedEvent = ChannelEvent | LatestEvent | EphemeralEvent;

/**
 * Names, punctuation and the longest id of an event as JSON. The characters allowed in a channel or type need
 * no escape.
 */
const ENVELOPE_BYTES = 160;

/** Characters that JSON escapes with two characters. Other control characters take six. */
const SHORT_ESCAPES: ReadonlySet<number> = new Set(Array.from('\b\t\n\f\r"\\', (character) => character.charCodeAt(0)));

const LAST_CONTROL = 0x1f;

/** A cache, because an event of a ring appears in many pages. */
const known = new WeakMap<PagedEvent, number>();

/** An upper bound for the bytes of an event as JSON, without encoding it. */
export function jsonBytes(event: PagedEvent): number {
  const bytes = known.get(event) ?? countJsonBytes(event);
  known.set(event, bytes);
  return bytes;
}

function countJsonBytes({ channel, type = '', data = '', ...event }: PagedEvent): number {
  let escapes = 0;
  for (let index = 0; index < data.length; index++) {
    const code = data.charCodeAt(index);
    if (SHORT_ESCAPES.has(code)) escapes += 1;
    else if (code <= LAST_CONTROL) escapes += 5;
  }
  const name = 'version' in event ? event.key.length : channel.length;
  return ENVELOPE_BYTES + name + type.length + Buffer.byteLength(data) + escapes;
}
