import { Order } from '../../src/order.ts';
import type { ChannelEvent, ChannelItem } from '../../src/types.ts';

export const CHANNEL = 'orders';

export function event(id: string): ChannelEvent {
  return { kind: 'event', channel: CHANNEL, id, type: 'message', data: id };
}

function toText(item: ChannelItem): string {
  return item.kind === 'reset' ? `reset: ${item.reason}` : item.kind === 'event' ? item.id : item.version;
}

/** An order, and everything that it has delivered. */
export function follow(after: string | undefined) {
  const order = new Order(CHANNEL, after);
  const out: string[] = [];
  const take = (items: readonly ChannelItem[]) => {
    out.push(...items.map(toText));
  };
  return { order, out, take };
}
