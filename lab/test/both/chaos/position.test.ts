import { expect, test } from '@jest/globals';
import { parseCompositeId, parseId } from '../../../both/chaos/position.ts';

test('an id is an epoch and a seq', () => {
  expect(parseId('k3f9.1042')).toEqual({ epoch: 'k3f9', seq: 1042 });
});

test('a bare cursor belongs to the only channel', () => {
  expect(parseCompositeId('k3f9.1042', ['orders'])).toEqual(new Map([['orders', 'k3f9.1042']]));
});

test('a composite cursor names its channels', () => {
  expect(parseCompositeId('orders=k3f9.1042,a.b=ab12.77', ['orders', 'a.b'])).toEqual(
    new Map([
      ['orders', 'k3f9.1042'],
      ['a.b', 'ab12.77'],
    ]),
  );
});
