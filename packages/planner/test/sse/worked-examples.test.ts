import { describe, expect, test } from '@jest/globals';
import { prod } from '../../../../lib/stages/prod.ts';
import { billOf, cents, itemOf, quiet, usdOf } from '../bills.ts';

/* Worked by hand, for 730 h of stage prod in us-east-1: 2,628,000 seconds. */

/** CloudFront has other prices for what goes out, and a load balancer behind it no public address. */
const whereTheBalancerIsTheEdge = prod.edge.type === 'alb' ? test : test.skip;

const TEN_THOUSAND = { connections: 10_000, averageConnections: 10_000 };

describe('10,000 idle streams', () => {
  const bill = billOf('sse-lane', quiet(TEN_THOUSAND));

  test('the load balancer: 730 h at 0.0225', () => {
    expect(usdOf('alb', bill)).toBe(16.43);
  });

  test('its capacity: 10,000 of 3,000 connections are 3.33 LCU, for 730 h at 0.008', () => {
    expect(itemOf('lcu', bill).quantity / 730).toBeCloseTo(3.333, 3);
    expect(usdOf('lcu', bill)).toBe(19.47);
  });

  whereTheBalancerIsTheEdge('heartbeats: 10,000 of 85 bytes every 15 s are 1.752 billion, 148.92 GB at 0.09', () => {
    expect(itemOf('transfer-out', bill).quantity).toBeCloseTo(148.92, 6);
    expect(usdOf('transfer-out', bill)).toBe(13.4);
  });

  test('heads: 10,000 channels every 30 s are 876 million reads at 0.125 per million', () => {
    expect(usdOf('head-checks', bill)).toBe(109.5);
  });

  test('three tasks of one vCPU and 2 GB: 3 * 730 * (0.03238 + 2 * 0.00356)', () => {
    expect(usdOf('task-cpu', bill)).toBe(70.91);
    expect(usdOf('task-memory', bill)).toBe(15.59);
  });
});

describe('one event a second to 10,000 streams, 300 bytes on the wire', () => {
  // 108 of them are framing.
  const bill = billOf('sse-lane', quiet({ ...TEN_THOUSAND, eventsPerSecond: 1, fanOut: 10_000, eventBytes: 192 }));

  whereTheBalancerIsTheEdge('26.28 billion deliveries are 7,884 GB at 0.09, and no heartbeat is due', () => {
    expect(itemOf('transfer-out', bill).quantity).toBeCloseTo(7_884, 6);
    expect(usdOf('transfer-out', bill)).toBe(709.56);
  });

  test('10.8 GB an hour are 10.8 LCU, more than the connections take: 63.07', () => {
    expect(itemOf('lcu', bill).quantity / 730).toBeCloseTo(10.8, 9);
    expect(usdOf('lcu', bill)).toBe(63.07);
  });

  test('the log: 2,628,000 events of two write units, at 0.625 per million', () => {
    expect(itemOf('log-writes', bill).quantity).toBe(5_256_000);
    expect(usdOf('log-writes', bill)).toBe(3.29);
  });

  test('queues: one a second is received and deleted by itself in each of three tasks, 15,768,000 at 0.40 per million', () => {
    expect(usdOf('queue', bill)).toBe(6.31);
  });
});

whereTheBalancerIsTheEdge('two NAT gateways and four public addresses: 2 * 730 * 0.045, and 4 * 730 * 0.005', () => {
  const bill = billOf('sse-lane', quiet());
  expect(usdOf('nat', bill)).toBe(65.7);
  expect(usdOf('public-ipv4', bill)).toBe(14.6);
});

test('a second trail: three tasks look every 45 s, two of dev as well, at 2 per 100,000, and in no sum', () => {
  const [prod, dev] = [billOf('sse-lane', quiet()), billOf('sse-lane', quiet({ stage: 'dev' }))];
  expect(itemOf('second-trail', prod).quantity).toBe(175_200);
  expect(usdOf('second-trail', prod)).toBe(3.5);
  expect(usdOf('second-trail', dev)).toBe(2.34);
  expect(cents(dev.usdPerMonth)).toBe(cents(dev.items.reduce((usd, item) => usd + item.usdPerMonth, 0)));
});

test('1,000 clients that poll every 10 s: 262.8 million requests through the web ACL at 0.60, and 2,000 bytes of log each at 0.50 per GB', () => {
  const bill = billOf('poll', quiet({ connections: 1_000, averageConnections: 1_000, pollIntervalSeconds: 10 }));
  expect(usdOf('web-acl-requests', bill)).toBe(157.68);
  expect(usdOf('web-acl-logs', bill)).toBe(262.8);
});

test('behind CloudFront transfer costs 0.085 per GB, and each request', () => {
  const bill = billOf(
    'sse-lane',
    quiet({ ...TEN_THOUSAND, stage: 'preview', eventsPerSecond: 1, fanOut: 10_000, eventBytes: 192, reconnectsPerDay: 24 }),
  );
  // 7,884 GB of events, and 7.3 million answers of 600 bytes, 4.38 GB.
  expect(usdOf('transfer-out', bill)).toBe(670.51);
  expect(usdOf('edge-requests', bill)).toBe(7.3);
});

test('1,000 events a second, singly: 133 receives and 100 deletes a second in each of three tasks; in batches of 10, 100 and 10', () => {
  const queueOf = (eventsPerPublication: number) =>
    itemOf('queue', billOf('sse-lane', quiet({ ...TEN_THOUSAND, eventsPerSecond: 1_000, eventsPerPublication })));
  expect(queueOf(1).quantity).toBeCloseTo(3 * (133.333_333 + 100) * 2_628_000, -3);
  expect(queueOf(10).quantity).toBe(3 * (100 + 10) * 2_628_000);
});

test('in batches of 10 an event has a unit to write and a tenth of one for its place, and a tenth of a publish', () => {
  const bill = billOf('sse-lane', quiet({ eventsPerSecond: 10, eventBytes: 192, eventsPerPublication: 10 }));
  expect(itemOf('log-writes', bill).quantity).toBe(11 * 2_628_000);
  expect(itemOf('topic', bill).quantity).toBe(2_628_000);
});

test('a task takes as many notifications as its part of a vCPU lets it', () => {
  const allowed = (stage: string) =>
    billOf('sse-lane', quiet({ eventsPerSecond: 1, stage })).limits.find(({ id }) => id === 'queue')?.allowed ?? 0;
  expect(allowed('dev')).toBe(allowed('prod') / 4);
});
