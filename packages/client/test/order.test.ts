import { describe, expect, test } from '@jest/globals';
import { covers, Order } from '../src/order.ts';
import { CHANNEL, event, follow } from './support/follow-order.ts';

describe('an order', () => {
  test('has no cursor before its baseline, and then that', () => {
    const { order, take } = follow(undefined);
    expect(order.cursor).toBeUndefined();
    take(order.settle('k3f9.7'));
    expect(order.cursor).toBe('k3f9.7');
  });

  test('has a gap while an event waits for another', () => {
    const { order, out, take } = follow('e.1');
    take(order.offer(event('e.3')));
    expect(order.hasGap).toBe(true);
    take(order.offer(event('e.2')));
    expect(order.hasGap).toBe(false);
    expect(out).toEqual(['e.2', 'e.3']);
  });

  test.each([
    ['e.1', false],
    ['e.2', false],
    ['e.3', true],
    ['other.1', true],
  ])('at e.2, with a log that has come to %s, has a gap: %s', (head, hasGap) => {
    const { order } = follow('e.2');
    order.noteHead(head);
    expect(order.hasGap).toBe(hasGap);
  });

  test('has no gap any more once everything up to the end of the log has come', () => {
    const { order, take } = follow('e.1');
    order.noteHead('e.3');
    take(order.offer(event('e.2')));
    expect(order.hasGap).toBe(true);
    take(order.offer(event('e.3')));
    expect(order.hasGap).toBe(false);
  });

  test('counts a seq that stays empty at the end of the log as a gap until the server is asked', () => {
    const { order, take } = follow('e.1');
    order.noteHead('e.2');
    order.ask();
    take(order.settle('e.1'));
    expect(order.hasGap).toBe(false);
  });

  test('has no gap where the first epoch of its channel begins on time', () => {
    const { order, take } = follow('0.0');
    order.noteHead('e.1');
    expect(order.hasGap).toBe(true);
    take(order.offer(event('e.1')));
    expect(order.hasGap).toBe(false);
  });

  test('has none because of a repeat', () => {
    const { order, out, take } = follow('e.2');
    take(order.offer(event('e.1')));
    take(order.offer(event('e.2')));
    expect(order.hasGap).toBe(false);
    expect(out).toEqual([]);
  });

  test('takes what is missing for a tombstone once the server has sent all up to it', () => {
    const { order, out, take } = follow('e.1');
    take(order.offer(event('e.3')));
    take(order.settle('e.2'));
    expect(out).toEqual(['e.3']);
  });

  test('asks about an epoch that nobody has announced, and forgets it when the server knows none but its own', () => {
    const { order, out, take } = follow('e.1');
    take(order.offer(event('other.9')));
    expect(order.hasGap).toBe(true);
    order.ask();
    take(order.settle('e.1'));
    expect(order.hasGap).toBe(false);
    expect(out).toEqual([]);
  });

  test('loses nothing of a log that begins anew while the server answers from the one before', () => {
    const { order, out, take } = follow('old.1');
    order.ask();
    take(order.offer(event('new.1')));
    take(order.offer(event('new.2')));
    take(order.settle('old.1'));
    expect(order.hasGap).toBe(true);
    order.ask();
    take(order.reset('epoch_changed', 'new.2'));
    take(order.settle('new.2'));
    expect(out).toEqual(['reset: epoch_changed', 'new.1', 'new.2']);
    expect(order.hasGap).toBe(false);
  });

  test('gives nothing behind a reset that has a gap before the baseline', () => {
    const { order, out, take } = follow('old.1');
    for (const id of ['new.1', 'new.3']) take(order.offer(event(id)));
    take(order.reset('epoch_changed', 'new.3'));
    take(order.next(event('new.4')));
    expect(out).toEqual(['reset: epoch_changed', 'new.3', 'new.4']);
  });

  test('announces a new epoch itself when a lane that delivers in order goes on with one', () => {
    const { order, out, take } = follow('old.5');
    take(order.next(event('new.3')));
    expect(out).toEqual(['reset: epoch_changed', 'new.3']);
  });

  test('goes on from what is settled next when a reset names no baseline', () => {
    const { order, out, take } = follow('e.1');
    take(order.reset('expired', undefined));
    take(order.settle('e.9'));
    take(order.next(event('e.10')));
    expect(out).toEqual(['reset: expired', 'e.10']);
  });

  test('keeps what has come behind the baseline of a reset within its epoch', () => {
    const { order, out, take } = follow('e.1');
    for (const id of ['e.8', 'e.9', 'e.11']) take(order.offer(event(id)));
    take(order.reset('expired', 'e.9'));
    expect([out, order.hasGap]).toEqual([['reset: expired', 'e.8', 'e.9'], true]);
    take(order.offer(event('e.10')));
    expect(out.slice(3)).toEqual(['e.10', 'e.11']);
  });

  test.each(['', 'e', 'E.1', 'e.01', '0.1'])('rejects %j, which is no cursor', (id) => {
    const rejection = expect.objectContaining({ code: 'invalid_cursor', final: true });
    expect(() => new Order(CHANNEL, id)).toThrow(rejection);
    expect(() => follow('e.1').order.offer(event(id))).toThrow(rejection);
  });

  test('asks again for what did not fit before its baseline', () => {
    const { order, out, take } = follow(undefined);
    for (let seq = 1; seq <= 2_000; seq++) take(order.offer(event(`e.${seq}`)));
    take(order.settle('e.0'));
    expect(out.length).toBeLessThan(1_100);
    expect(order.hasGap).toBe(true);
  });

  test('keeps a bounded number of events behind a gap, and asks for the others again', () => {
    const { order, out, take } = follow('e.0');
    for (let seq = 2; seq <= 5_000; seq++) take(order.offer(event(`e.${seq}`)));
    take(order.offer(event('e.1')));
    expect(out.length).toBeLessThan(1_100);
    expect(order.hasGap).toBe(true);
    order.ask();
    for (let seq = out.length + 1; seq <= 5_000; seq++) take(order.offer(event(`e.${seq}`)));
    take(order.settle('e.5000'));
    expect(out).toHaveLength(5_000);
    expect(order.hasGap).toBe(false);
  });
});

describe('a channel that was never used', () => {
  test('goes on into its first epoch without a reset, each event once', () => {
    const { order, out, take } = follow(undefined);
    take(order.settle('0.0'));
    expect(order.cursor).toBe('0.0');
    for (const id of ['e.1', 'e.1', 'e.3', 'e.2']) take(order.offer(event(id)));
    expect(out).toEqual(['e.1', 'e.2', 'e.3']);
    expect(order.cursor).toBe('e.3');
  });

  test('waits for what its first epoch begins with, and has it from a replay', () => {
    const { order, out, take } = follow('0.0');
    take(order.offer(event('e.2')));
    expect([order.hasGap, out]).toEqual([true, []]);
    order.ask();
    for (const id of ['e.1', 'e.2']) take(order.offer(event(id)));
    take(order.settle('e.4'));
    expect(out).toEqual(['e.1', 'e.2']);
    expect([order.hasGap, order.cursor]).toEqual([false, 'e.4']);
  });

  test('goes on without a reset on a lane that orders by itself', () => {
    const { order, out, take } = follow('0.0');
    take(order.next(event('e.2')));
    take(order.next(event('e.3')));
    take(order.next(event('f.1')));
    expect(out).toEqual(['e.2', 'e.3', 'reset: epoch_changed', 'f.1']);
  });

  test('tells by a reset that an epoch has begun and was lost', () => {
    const { order, out, take } = follow('0.0');
    take(order.offer(event('e.2')));
    order.ask();
    take(order.settle('0.0'));
    expect([out, order.hasGap, order.cursor]).toEqual([['reset: epoch_changed'], false, '0.0']);
  });

  test('takes nothing late of the epoch that a wipe has ended', () => {
    const { order, out, take } = follow('e.1');
    take(order.reset('epoch_changed', '0.0'));
    take(order.offer(event('e.1')));
    take(order.offer(event('f.1')));
    expect(out).toEqual(['reset: epoch_changed', 'f.1']);
  });
});

test.each([
  ['e1.10', 'e1.9', true],
  ['e1.9', 'e1.9', true],
  ['e1.9', 'e1.10', false],
  ['e2.10', 'e1.9', false],
  ['0.0', 'e1.1', false],
  ['e1.1', '0.0', true],
])('whether %s covers %s: %s', (cursor, id, expected) => {
  expect(covers(cursor, id)).toBe(expected);
});
