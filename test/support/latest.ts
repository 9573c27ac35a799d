import type { LatestEvent } from '../../backbone/domain/latest-event.ts';

/** A version of the key `x` of a `latest` channel, whose data is its count. */
export function latestEvent(count: number, more: { readonly [K in keyof LatestEvent]?: LatestEvent[K] } = {}): LatestEvent {
  const fields = {
    channel: 'latest.demo',
    key: 'x',
    version: { createdAt: 0, count },
    publishedAtMs: 0,
    expiresAtMs: Number.MAX_SAFE_INTEGER,
  };
  const value = more.removed === true ? {} : { type: 'message', data: `${count}` };
  return { ...fields, ...value, ...more } as LatestEvent;
}
