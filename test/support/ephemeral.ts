import type { EphemeralEvent } from '../../backbone/domain/ephemeral-event.ts';

/** An event of an ephemeral channel whose data is its count. */
export function ephemeralEvent(count: number, more: Partial<EphemeralEvent> = {}): EphemeralEvent {
  return { channel: 'typing.demo', type: 'message', data: `${count}`, publishedAtMs: 0, source: 'one', count, ...more };
}
