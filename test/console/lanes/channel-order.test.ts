import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ChannelOrder, isAfter, parsePosition } from '../../../console/lanes/channel-order.ts';

const event = (seq: number, epoch = 'e1') => ({ id: `${epoch}.${seq}` });

function released(order: ChannelOrder<{ id: string }>, seq: number): readonly string[] {
  const offer = order.offer(event(seq));
  return offer.kind === 'released' ? offer.events.map(({ id }) => id) : [];
}

test('whatever the order and the repeats, events come out by seq, each once', () => {
  const arrivals = fc.integer({ min: 1, max: 30 }).chain((count) =>
    fc
      .tuple(
        fc.shuffledSubarray(
          Array.from({ length: count }, (_, index) => index + 1),
          { minLength: count },
        ),
        fc.array(fc.integer({ min: 1, max: count })),
      )
      .map(([all, repeats]) => [...all, ...repeats]),
  );
  fc.assert(
    fc.property(arrivals, (seqs) => {
      const order = new ChannelOrder();
      order.start('e1.0');
      const out = seqs.flatMap((seq) => released(order, seq));
      expect(out).toEqual(Array.from({ length: Math.max(...seqs) }, (_, index) => `e1.${index + 1}`));
    }),
  );
});

test('an event behind a gap is held until the gap is filled', () => {
  const order = new ChannelOrder();
  order.start('e1.4');

  expect(released(order, 6)).toEqual([]);
  expect(order.newestHeld).toBe('e1.6');
  expect(order.position).toBe('e1.4');
  expect(released(order, 5)).toEqual(['e1.5', 'e1.6']);
  expect(order.newestHeld).toBeUndefined();
});

test('settling passes over seqs that will never exist', () => {
  const order = new ChannelOrder();
  order.start('e1.4');
  order.offer(event(6));
  order.offer(event(9));

  expect(order.settle('e1.7')).toEqual([event(6)]);
  expect(order.position).toBe('e1.7');
  expect(order.newestHeld).toBe('e1.9');
});

test('settling never goes back', () => {
  const order = new ChannelOrder();
  order.start('e1.4');
  order.settle('e1.2');
  expect(order.position).toBe('e1.4');
});

test('events that come before the baseline is known wait for it', () => {
  const order = new ChannelOrder();

  expect(released(order, 8)).toEqual([]);
  expect(released(order, 7)).toEqual([]);
  expect(order.newestHeld).toBeUndefined();
  expect(order.start('e1.7')).toEqual([event(8)]);
});

test('an event that is behind, or held already, is a repeat', () => {
  const order = new ChannelOrder();
  order.start('e1.4');
  order.offer(event(9));

  expect(order.offer(event(4))).toEqual({ kind: 'repeat' });
  expect(order.offer(event(9))).toEqual({ kind: 'repeat' });
});

test('an event of another epoch is foreign, until the order begins anew there', () => {
  const order = new ChannelOrder();
  order.start('e1.4');
  order.offer(event(9));

  expect(order.offer(event(1, 'e2'))).toEqual({ kind: 'foreign' });
  order.start('e2.0');
  expect(order.offer(event(1, 'e2'))).toEqual({ kind: 'released', events: [event(1, 'e2')] });
  expect(order.newestHeld).toBeUndefined();
});

test.each(['', 'e1', 'e1.', 'e1.01', 'E1.1', 'e1.1.1', 'e1.99999999999999999'])('%j is no position', (id) => {
  expect(parsePosition(id)).toBeUndefined();
});

test('ids of one epoch compare by number, ids of two do not compare', () => {
  expect(isAfter('e1.10', 'e1.9')).toBe(true);
  expect(isAfter('e1.9', 'e1.9')).toBe(false);
  expect(isAfter('e2.10', 'e1.9')).toBe(false);
});

test('before the first epoch of a channel its first event comes next, whichever epoch it is of', () => {
  const order = new ChannelOrder();
  order.start('0.0');

  expect([released(order, 2), released(order, 1)]).toEqual([[], ['e1.1', 'e1.2']]);
  expect(order.offer(event(1, 'e2'))).toEqual({ kind: 'foreign' });
  expect(isAfter('e1.1', '0.0')).toBe(true);
});

test('what is settled may begin the first epoch', () => {
  const order = new ChannelOrder();
  order.start('0.0');
  order.settle('e1.3');
  expect(order.position).toBe('e1.3');
});
