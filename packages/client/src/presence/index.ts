/** `@realtime-lanes/client/presence`: who is on a channel. It rides on the subscriptions of the client. */
import type { Subscription } from '../types.ts';
import { riderOn } from './presence-rider.ts';
import type { Presence, Present } from './types.ts';

export type { Presence, PresenceChange, PresenceEvents, PresenceMember, Present } from './types.ts';

/**
 * Watches who is present on the channel of a subscription, whoever they are. It follows the subscription across
 * reconnects and transports, and ends with it. An open subscription connects once more, at its cursor.
 * @throws LanesError if the subscription has failed; Error if it is closed
 */
export function presence(subscription: Subscription): Presence {
  return riderOn(subscription).watch();
}

/**
 * Is present on the channel of a subscription as the subject of the connection's token, until `leave` is called or the
 * subscription ends. If it is called several times, the newest call that has not left counts.
 * @param data what others see of the member: at most 1 KiB
 * @throws TypeError if the data is no text, or more than that; LanesError if the subscription has failed; Error if it is
 * closed
 */
export function present(subscription: Subscription, data = ''): Present {
  return riderOn(subscription).enter(data);
}
