import type { LanesError } from './errors.ts';
import type { Order } from './order.ts';
import type { Rider } from './rider.ts';
import type { ChannelActivity, ChannelItem } from './types.ts';

/** A subscription, as its transport sees it. */
export interface Feed {
  readonly channel: string;
  /** The subscription's own order. The transport reads the cursor from it, and passes everything through it. */
  readonly order: Order;
  /** What the transport takes along, if there is something. */
  readonly rider?: Rider | undefined;
  /**
   * Passes items that are in order to the application. May abort the transport's signal if the reader is
   * slow.
   */
  take(items: readonly ChannelItem[]): void;
  /** The transport works, and the position is known. */
  live(): void;
  /** The transport broke and will reconnect by itself. */
  waiting(error: LanesError, delayMs: number): void;
  /** Reports to the application's telemetry. */
  report(activity: ChannelActivity): void;
}
