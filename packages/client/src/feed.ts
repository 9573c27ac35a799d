import type { LanesError } from './errors.ts';
import type { Order } from './order.ts';
import type { ChannelActivity, ChannelItem } from './types.ts';

/** What a transport feeds: one subscription. */
export interface Feed {
  readonly channel: string;
  /** The subscription's own; the transport asks it for the cursor, and passes everything through it. */
  readonly order: Order;
  /** Hands to the application what has come out of the order. May abort the transport's signal: the reader is slow. */
  take(items: readonly ChannelItem[]): void;
  /** The transport works, and the position is known. */
  live(): void;
  /** The transport has broken and will reconnect by itself. */
  waiting(error: LanesError, delayMs: number): void;
  /** Tells the application's telemetry. */
  report(activity: ChannelActivity): void;
}
