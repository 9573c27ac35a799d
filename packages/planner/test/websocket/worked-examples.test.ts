import { describe, expect, test } from '@jest/globals';
import { billOf, itemOf, quiet, usdOf } from '../bills.ts';

/* Worked by hand, for 730 h of stage prod in us-east-1: 2,628,000 seconds. */

const TEN_THOUSAND = { connections: 10_000, averageConnections: 10_000 };

describe('10,000 idle connections', () => {
  const bill = billOf('websocket-lane', quiet(TEN_THOUSAND));

  test('438 million connection minutes at 0.25 per million', () => {
    expect(itemOf('minutes', bill).quantity).toBe(438_000_000);
    expect(usdOf('minutes', bill)).toBe(109.5);
  });

  test("the client's checks: every 225 s two messages, 233.6 million at 1.00 per million", () => {
    expect(itemOf('checks', bill).quantity).toBe(233_600_000);
    expect(usdOf('checks', bill)).toBe(233.6);
  });

  test('each check writes one unit: 116.8 million at 0.625 per million', () => {
    expect(usdOf('check-writes', bill)).toBe(73);
  });

  test('each check reads the connection and a head for each channel', () => {
    const channels = (subscriptionsPerConnection: number) =>
      itemOf('check-reads', billOf('websocket-lane', quiet({ ...TEN_THOUSAND, subscriptionsPerConnection }))).quantity;
    expect(channels(1)).toBe(2 * 116_800_000);
    expect(channels(5)).toBe(6 * 116_800_000);
  });
});

describe('one event a second to 10,000 connections', () => {
  const bill = billOf('websocket-lane', quiet({ ...TEN_THOUSAND, eventsPerSecond: 1, fanOut: 10_000 }));

  test('26.28 billion messages: 1,000 for the first billion, and 20,224 for the rest at 0.80', () => {
    expect(itemOf('messages', bill).quantity).toBe(26_280_000_000);
    expect(usdOf('messages', bill)).toBe(21_224);
  });

  test('checks come on top, at the price of the last tier: 233.6 million at 0.80', () => {
    expect(usdOf('checks', bill)).toBe(186.88);
  });
});

test('10,000 clients that connect once a day to five channels: 1.52 million subscribes of three messages', () => {
  const bill = billOf('websocket-lane', quiet({ ...TEN_THOUSAND, subscriptionsPerConnection: 5, reconnectsPerDay: 1 }));
  expect(itemOf('subscribe-messages', bill).quantity).toBeCloseTo(3 * 1_520_833.3, 0);
  expect(itemOf('subscribe-reads', bill).quantity).toBeCloseTo(5 * 1_520_833.3, 0);
});

test('a message of more than 32 KB is billed as two', () => {
  const sent = (eventBytes: number) =>
    itemOf('messages', billOf('websocket-lane', quiet({ ...TEN_THOUSAND, eventsPerSecond: 1, fanOut: 1, eventBytes }))).quantity;
  expect(sent(32_000)).toBe(2_628_000);
  expect(sent(33_000)).toBe(2 * 2_628_000);
});

test('100 clients that publish ten times a second: a frame and its answer, 5.256 billion messages', () => {
  const bill = billOf(
    'websocket-lane',
    quiet({ connections: 100, averageConnections: 100, clientMessagesPerSecond: 10, eventsPerSecond: 1_000, fanOut: 0 }),
  );
  // 1,000 for the first billion, and 4.256 billion at 0.80.
  expect(usdOf('client-messages', bill)).toBe(4_404.8);
  // Two units of the event, and two of its idempotency key, 2.628 billion times each.
  expect(usdOf('log-writes', bill)).toBe(3_285);
  expect(usdOf('key-writes', bill)).toBe(3_285);
});

test('a batch of ten events is one message, one post and one invocation', () => {
  const bill = billOf(
    'websocket-lane',
    quiet({ connections: 100, averageConnections: 100, eventsPerSecond: 10, fanOut: 100, eventBytes: 192, eventsPerPublication: 10 }),
  );
  expect(itemOf('messages', bill).quantity).toBe(100 * 2_628_000);
  expect(itemOf('invocations', bill).quantity).toBeGreaterThanOrEqual(2_628_000);
  expect(itemOf('invocations', bill).quantity).toBeLessThan(4 * 2_628_000);
});
