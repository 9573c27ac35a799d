import type { ChannelEvent } from '@realtime-lanes/client';
import { useMemo, useSyncExternalStore } from 'react';
import { type ChannelState, ChannelStore, INITIAL } from './channel-store.ts';
import { useLanes } from './provider.ts';

export interface UseChannelOptions {
  /** Begin after this event or cursor, for example the one up to which the server has rendered. @default from now on */
  readonly after?: string | undefined;
  /** Without `after`: begin with this many of the last events, 1 to 500. A page of older ones has the same number. @default none; 100 in a page */
  readonly last?: number | undefined;
  /** How many events `events` keeps, the older ones that were loaded included. @default 100 */
  readonly limit?: number | undefined;
  /**
   * Tells the key of an event, such as an order's number: `latest` has the newest event of each. Undefined leaves an event out.
   * `latest` is not bounded by `limit`: it is for keys that are few. The function of the first render is used. Items of a `latest`
   * channel have their keys already.
   */
  readonly keyOf?: ((event: ChannelEvent) => string | undefined) | undefined;
}

/**
 * Follows a channel while the component is mounted. With another channel, `after`, `last` or `limit` it begins anew. A
 * server renders the initial state, and sends nothing.
 * @throws RangeError if `limit` is not a whole number from 1
 */
export function useChannel(channel: string, { after, last, limit = 100, keyOf }: UseChannelOptions = {}): ChannelState {
  if (!(Number.isInteger(limit) && limit > 0)) throw new RangeError(`limit ${limit} is not valid: use a whole number from 1`);
  const lanes = useLanes();
  // biome-ignore lint/correctness/useExhaustiveDependencies: a function written in place is another one in each render
  const store = useMemo(() => new ChannelStore(lanes, { channel, after, last, limit, keyOf }), [lanes, channel, after, last, limit]);
  return useSyncExternalStore(store.subscribe, store.get, getInitial);
}

function getInitial(): ChannelState {
  return INITIAL;
}
