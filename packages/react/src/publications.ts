import { type ChannelEvent, covers, type LanesError } from '@realtime-lanes/client';

/** What a component has published, and its feed does not show yet. Publish it again as it is after an error. */
export interface Publication {
  /** The idempotency key: published again, it is the same event. */
  readonly key: string;
  readonly type: string;
  readonly data: string;
  /** Set when it has failed. */
  readonly error?: LanesError | undefined;
}

/** A publication, with what tells whether its event has come. */
export interface Sent extends Publication {
  /** Set when it is acknowledged. */
  readonly id?: string | undefined;
  /** The newest event when it was published. */
  readonly since: ChannelEvent | undefined;
}

/**
 * The publications whose events have not come. An event may come before its acknowledgement, when its id is not known: then
 * an event with the same content counts. If it was somebody else's, the publication is shown again until its own comes.
 */
export function notYetIn(events: readonly ChannelEvent[], sent: readonly Sent[]): readonly Sent[] {
  const counted = new Set<ChannelEvent>();
  const newest = events.at(-1);
  return sent.filter(({ id, type, data, since }) => {
    if (id !== undefined) return newest === undefined || (epochOf(newest.id) === epochOf(id) && !covers(newest.id, id));
    const from = since === undefined ? 0 : events.lastIndexOf(since) + 1;
    const event = events.slice(from).find((it) => it.type === type && it.data === data && !counted.has(it));
    if (event !== undefined) counted.add(event);
    return event === undefined;
  });
}

function epochOf(id: string): string {
  return id.slice(0, id.lastIndexOf('.'));
}
