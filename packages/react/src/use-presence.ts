import type { Subscription } from '@realtime-lanes/client';
import { type PresenceMember, type Present, presence, present } from '@realtime-lanes/client/presence';
import { useEffect, useMemo, useRef, useSyncExternalStore } from 'react';
import type { ChannelState } from './channel-store.ts';
import { Store } from './store.ts';

/** Who is present on a channel. A new object whenever somebody comes, changes or leaves. */
export interface PresenceState {
  /** By their subjects; empty above 1,000 members, and until the list has arrived. */
  readonly members: ReadonlyMap<string, PresenceMember>;
  readonly count: number;
}

const NOBODY: PresenceState = { members: new Map(), count: 0 };

/**
 * Watches who is present on a channel that the component follows, over the same stream.
 * @param feed what `useChannel` has given
 * @param data what others see of this user, who is present while the component is mounted: at most 1 KiB, and may be empty.
 * Without it, the component only watches
 */
export function usePresence({ subscription }: ChannelState, data?: string): PresenceState {
  const watched = useMemo(() => watch(subscription), [subscription]);
  const handle = useRef<Present>(undefined);
  const newest = useRef(data);
  const isPresent = data !== undefined;

  useEffect(() => {
    newest.current = data;
    if (data !== undefined) handle.current?.update(data);
  }, [data]);

  useEffect(() => {
    if (!isOpen(subscription) || !isPresent) return;
    const entered = present(subscription, newest.current);
    // The subscription reports it as its own error.
    entered.ready.catch(() => {});
    handle.current = entered;
    return () => {
      handle.current = undefined;
      entered.leave();
    };
  }, [subscription, isPresent]);

  return useSyncExternalStore(watched.subscribe, watched.get, () => NOBODY);
}

function watch(subscription: Subscription | undefined): Pick<Store<PresenceState>, 'get' | 'subscribe'> {
  const store = new Store(NOBODY);
  return {
    get: store.get,
    subscribe: (listener) => {
      const remove = store.subscribe(listener);
      if (!isOpen(subscription)) return remove;
      const view = presence(subscription);
      const note = () => store.set({ members: new Map(view.members), count: view.count });
      view.addEventListener('change', note);
      view.ready.then(note, () => {});
      return () => {
        remove();
        view.removeEventListener('change', note);
        view.close();
      };
    },
  };
}

function isOpen(subscription: Subscription | undefined): subscription is Subscription {
  return subscription !== undefined && subscription.status.status !== 'closed';
}
