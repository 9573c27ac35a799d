import { createServer, type Server } from 'node:http';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { until } from '../../../../test/support/until.ts';
import { Target, TargetGroup } from '../../balancer/target-group.ts';
import { listen } from '../../loopback.ts';

let group: TargetGroup;
let server: Server;
let status: number;
let asked: string[];
let port: number;

beforeEach(async () => {
  status = 200;
  asked = [];
  server = createServer((request, response) => {
    asked.push(`${request.url} ${request.headers['user-agent']}`);
    response.writeHead(status).end();
  });
  port = await listen(server);
  group = new TargetGroup({
    arn: 'arn',
    deregistrationDelayMs: 150,
    healthCheck: { path: '/readyz', intervalMs: 20, timeoutMs: 500, healthyThreshold: 3, unhealthyThreshold: 2, matcher: '200-299' },
  });
});

afterEach(() => {
  group.close();
  server.closeAllConnections();
  server.close();
});

test('a target is taken in with its first passed check', async () => {
  const target = group.register(port);
  expect(target.state).toBe('initial');
  await target.healthy;
  expect(target.state).toBe('healthy');
  expect(asked[0]).toBe('/readyz ELB-HealthChecker/2.0');
});

test('a healthy target that fails its checks is unhealthy, and healthy again after enough passes', async () => {
  const target = group.register(port);
  await target.healthy;
  status = 503;
  await until('unhealthy', () => target.state === 'unhealthy');
  status = 204;
  await until('healthy again', () => target.state === 'healthy');
});

test('a healthy target is preferred to one that is not', async () => {
  const healthy = group.register(port);
  await healthy.healthy;
  const other = group.register(1);
  healthy.begin();
  expect(group.pick()).toBe(healthy);
  expect(other.state).not.toBe('healthy');
});

test('with no healthy target the balancer fails open', () => {
  const target = group.register(1);
  expect(group.pick()).toBe(target);
});

test('with no target at all there is none', () => {
  expect(group.pick()).toBeUndefined();
});

test('the target with the fewest open requests is picked', async () => {
  const [a, b] = [group.register(port), group.register(port)];
  await Promise.all([a.healthy, b.healthy]);
  a.begin();
  expect(group.pick()).toBe(b);
  b.begin();
  b.begin();
  expect(group.pick()).toBe(a);
});

test('a deregistered target gets no new requests, and is gone at once when it has none', async () => {
  const target = group.register(port);
  await target.healthy;
  // Longer than this test may take.
  const gone = group.deregister(target, 600_000);
  expect(target.state).toBe('draining');
  expect(group.pick()).toBeUndefined();
  await gone;
  expect(group.targets).toEqual([]);
});

test('a deregistered target with open requests is waited for, as long as the delay', async () => {
  const target = group.register(port);
  target.begin();
  const startMs = Date.now();
  await group.deregister(target);
  expect(Date.now() - startMs).toBeGreaterThanOrEqual(140);
});

test('the wait ends with the last request', async () => {
  const target = new Target(1);
  target.begin();
  target.begin();
  let idle = false;
  const waiting = target.idle(60_000).then(() => {
    idle = true;
  });
  target.end();
  await Promise.resolve();
  expect(idle).toBe(false);
  target.end();
  await waiting;
});
