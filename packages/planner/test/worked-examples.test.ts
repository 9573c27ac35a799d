import { expect, test } from '@jest/globals';
import { PRICES } from '../src/data/prices.ts';
import { usdFor } from '../src/figure.ts';
import { billOf, cents, itemOf, quiet, usdOf } from './bills.ts';

/* Worked by hand, for 730 h in us-east-1: 2,628,000 seconds. */

test('100 streams from Lambda: 262.8 million seconds of 128 MB are 32.85 million GB-seconds at 0.0000133334', () => {
  const bill = billOf('lambda-streaming', quiet({ connections: 100, averageConnections: 100 }));
  expect(itemOf('streams', bill).quantity).toBe(32_850_000);
  expect(usdOf('streams', bill)).toBe(438);
});

test('AppSync Events, one event a second to 100: 2.628 and 262.8 million operations, and 4.38 million minutes at 0.08', () => {
  const bill = billOf('appsync-events', quiet({ connections: 100, averageConnections: 100, eventsPerSecond: 1, fanOut: 100 }));
  expect(usdOf('publishes', bill)).toBe(2.63);
  expect(usdOf('deliveries', bill)).toBe(262.8);
  expect(usdOf('minutes', bill)).toBe(0.35);
});

test('IoT Core bills an event of 6 KB as two messages of 5 KB', () => {
  const bill = billOf('iot-core', quiet({ connections: 100, averageConnections: 100, eventsPerSecond: 1, fanOut: 100, eventBytes: 6_000 }));
  expect(usdOf('deliveries', bill)).toBe(525.6);
});

test('200,000 GB out: 10,240 at 0.09, 40,960 at 0.085, 102,400 at 0.07, and 46,400 at 0.05', () => {
  expect(cents(usdFor(200_000, PRICES['us-east-1'].transferOutGb))).toBe(921.6 + 3_481.6 + 7_168 + 2_320);
});
