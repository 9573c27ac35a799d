import { Order } from '../../src/order.ts';
import type { ChannelEvent, ChannelItem } from '../../src/types.ts';

export const CHANNEL = 'orders';

export function event(id: string): ChannelEvent {
  return { kind: 'event', channel: CHANNEL, id, type: 'message', data: id };
}

function toText(item: ChannelItem): string {
  return item.kind === 'event' ? item.id : `reset: ${item.reason}`;
}

/** An order, and all that has come out of it. */
export function follow(after: string | undefined) {
  const order = new Order(CHANNEL, after);
  const out: string[] = [];
  const take = (items: readonly ChannelItem[]) => {
    out.push(...items.map(toText));
  };
  return { order, out, take };
}
