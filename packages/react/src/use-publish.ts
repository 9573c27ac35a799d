import type { ChannelEvent, LanesError, Published } from '@realtime-lanes/client';
import { useCallback, useEffect, useMemo, useSyncExternalStore } from 'react';
import { useConnection } from './provider.ts';
import { notYetIn, type Publication, type Sent } from './publications.ts';
import { Store } from './store.ts';

/** A text to publish; `type` and `key` as in the client. */
export interface TextInput {
  readonly type?: string | undefined;
  readonly data: string;
  readonly key?: string | undefined;
}

export interface Publisher {
  /**
   * Publishes, and resolves when it is acknowledged. It rejects with a `LanesError`, which is in `pending` too, so nobody needs
   * to handle it.
   */
  readonly publish: (event: TextInput) => Promise<Published>;
  /** What is not in the feed yet, in the order of publication: show it behind the feed's events. */
  readonly pending: readonly Publication[];
  /** Removes a publication from `pending`. */
  readonly dismiss: (key: string) => void;
}

const NOTHING: readonly Sent[] = [];

/**
 * Publishes on a channel, with what is under way for an optimistic view.
 * @param feed the events that the component shows of the channel: with them a publication is pending until its event has come,
 * without until it is acknowledged
 */
export function usePublish(channel: string, feed?: readonly ChannelEvent[]): Publisher {
  const connection = useConnection();
  // biome-ignore lint/correctness/useExhaustiveDependencies: what is under way belongs to one channel of one connection
  const store = useMemo(() => new Store(NOTHING), [connection, channel]);
  const sent = useSyncExternalStore(store.subscribe, store.get, getNothing);
  const pending = useMemo(() => (feed === undefined ? sent : notYetIn(feed, sent)), [feed, sent]);
  const isFollowed = feed !== undefined;
  const since = feed?.at(-1);

  useEffect(() => {
    // What has come is forgotten: its event may leave the feed again. What is under way reports its end itself.
    const over = sent.filter((it) => !pending.includes(it) && (it.id !== undefined || it.error !== undefined));
    if (over.length > 0) store.set(store.get().filter((it) => !over.includes(it)));
  }, [store, sent, pending]);

  const publish = useCallback(
    (event: TextInput) => {
      const { key = randomKey(), type = 'message', data } = event;
      const entry: Sent = { key, type, data, since };
      store.set([...store.get().filter((it) => it.key !== key), entry]);
      const settle = (to: Sent | undefined) => store.set(store.get().flatMap((it) => (it === entry ? (to ?? []) : it)));
      const published = connection.publish(channel, { key, type, data });
      published.then(
        ({ id }) => settle(isFollowed && id !== '' ? { ...entry, id } : undefined),
        (error: LanesError) => settle({ ...entry, error }),
      );
      return published;
    },
    [connection, channel, store, since, isFollowed],
  );
  const dismiss = useCallback((key: string) => store.set(store.get().filter((it) => it.key !== key)), [store]);
  return { publish, pending, dismiss };
}

function getNothing(): readonly Sent[] {
  return NOTHING;
}

/** Browsers have `crypto.randomUUID` on secure pages only. */
function randomKey(): string {
  return crypto.getRandomValues(new Uint32Array(4)).join('-');
}
