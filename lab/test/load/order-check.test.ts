import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { OrderCheck } from '../../load/order-check.ts';

const at = (seq: number, epoch = 'e') => ({ epoch, seq });

test('what comes in turn is next, and nothing of it is missing', () => {
  const check = new OrderCheck(at(4));

  expect([5, 6, 7].map((seq) => check.receive(at(seq)))).toEqual(['next', 'next', 'next']);
  expect([5, 6, 7].filter((seq) => check.lacks(at(seq)))).toEqual([]);
});

test('an event that was passed over is missing until it comes late', () => {
  const check = new OrderCheck(at(0));
  check.receive(at(1));
  check.receive(at(3));

  expect(check.lacks(at(2))).toBe(true);
  expect(check.receive(at(2))).toBe('late');
  expect(check.lacks(at(2))).toBe(false);
});

test('an event that comes again is repeated, after it was late too', () => {
  const check = new OrderCheck(at(0));
  for (const seq of [2, 1]) check.receive(at(seq));

  expect([check.receive(at(1)), check.receive(at(2))]).toEqual(['repeated', 'repeated']);
});

test('what is from before the start is repeated', () => {
  expect(new OrderCheck(at(9)).receive(at(9))).toBe('repeated');
});

test('an event that never came at the end is missing', () => {
  const check = new OrderCheck(at(0));
  check.receive(at(1));

  expect(check.lacks(at(2))).toBe(true);
});

test('a channel that began anew is followed from there', () => {
  const check = new OrderCheck(at(7));

  expect([check.receive(at(1, 'f')), check.receive(at(2, 'f'))]).toEqual(['next', 'next']);
  expect(check.lacks(at(1, 'f'))).toBe(false);
});

test('whatever comes in whatever order, exactly what did not come is missing, and every further copy is repeated', () => {
  const LAST = 30;
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: LAST })), (arrivals) => {
      const check = new OrderCheck(at(0));
      const repeated = arrivals.filter((seq) => check.receive(at(seq)) === 'repeated').length;

      const distinct = new Set(arrivals);
      expect(repeated).toBe(arrivals.length - distinct.size);
      for (let seq = 1; seq <= LAST; seq++) expect(check.lacks(at(seq))).toBe(!distinct.has(seq));
    }),
  );
});

test('before the first epoch of a channel its first event is next, and one before it is late', () => {
  const check = new OrderCheck({ epoch: '0', seq: 0 });

  expect(check.lacks(at(1))).toBe(true);
  expect([2, 1, 3].map((seq) => check.receive(at(seq)))).toEqual(['next', 'late', 'next']);
});
