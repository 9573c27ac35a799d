import { beforeEach, describe, expect, test } from '@jest/globals';
import { Order } from '../src/order.ts';
import type { ChannelEvent } from '../src/types.ts';

describe('what it reports', () => {
  let reported: unknown[];
  const reporting = (after: string | undefined) => new Order('orders', after, (activity) => reported.push(activity));
  const at = (seq: number, epoch = 'e1'): ChannelEvent => ({
    kind: 'event',
    channel: 'orders',
    id: `${epoch}.${seq}`,
    type: 'message',
    data: '',
  });

  beforeEach(() => {
    reported = [];
  });

  test('an event that is behind, or waits already, is a repeat', () => {
    const order = reporting('e1.4');
    order.offer(at(5));
    order.offer(at(9));
    expect(reported).toEqual([]);
    order.offer(at(4));
    order.offer(at(9));
    order.next(at(5));
    expect(reported).toEqual(['e1.4', 'e1.9', 'e1.5'].map((id) => ({ kind: 'repeat', id })));
  });

  test('a gap that was asked for closes with what was missing, and only that is counted', () => {
    const order = reporting('e1.4');
    order.offer(at(7));
    order.ask();
    for (const seq of [5, 6, 8]) order.offer(at(seq));
    order.settle('e1.8');
    expect(reported).toEqual([{ kind: 'gapClosed', after: 'e1.4', found: 2 }]);
  });

  test('a gap that nothing was in closes with nothing', () => {
    const order = reporting('e1.4');
    order.offer(at(6));
    order.ask();
    order.settle('e1.6');
    expect(reported).toEqual([{ kind: 'gapClosed', after: 'e1.4', found: 0 }]);
  });

  test('a gap that the server knows nothing about yet is not closed', () => {
    const order = reporting('e1.4');
    order.offer(at(6));
    order.ask();
    order.settle('e1.4');
    expect(reported).toEqual([]);
    order.ask();
    order.offer(at(5));
    order.settle('e1.6');
    expect(reported).toEqual([{ kind: 'gapClosed', after: 'e1.4', found: 1 }]);
  });

  test('a question without a gap, and a gap that closes by itself, are nothing to report', () => {
    const order = reporting('e1.4');
    order.ask();
    order.offer(at(5));
    order.settle('e1.5');
    order.offer(at(7));
    order.offer(at(6));
    expect(reported).toEqual([]);
  });

  test('what a lane in order leaves out is a gap with nothing in it', () => {
    const order = reporting('e1.4');
    order.next(at(7));
    expect(reported).toEqual([{ kind: 'gapClosed', after: 'e1.4', found: 0 }]);
  });

  test('another epoch, and the first one of a channel, leave nothing out', () => {
    reporting('e1.4').next(at(9, 'e2'));
    reporting('0.0').next(at(3));
    expect(reported).toEqual([]);
  });
});
