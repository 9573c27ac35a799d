import { describe, expect, test } from '@jest/globals';
import type { BackboneConfig, SseConfig, Stage, WebSocketConfig } from '../../lib/config.ts';
import { dev } from '../../lib/stages/dev.ts';
import { checkTimeouts, TimeoutConflictError } from '../../lib/timeouts.ts';

const withBackbone = (change: Partial<BackboneConfig>): Stage => ({ ...dev, backbone: { ...dev.backbone, ...change } });
const withSse = (change: Partial<SseConfig>): Stage => ({ ...dev, sse: { ...dev.sse, ...change } });
const withTask = (change: Partial<SseConfig['task']>): Stage => withSse({ task: { ...dev.sse.task, ...change } });
const withWebSocket = (change: Partial<WebSocketConfig>): Stage => ({ ...dev, websocket: { ...dev.websocket, ...change } });
const withFanOut = (change: Partial<WebSocketConfig['fanOut']>): Stage => withWebSocket({ fanOut: { ...dev.websocket.fanOut, ...change } });

describe('checkTimeouts', () => {
  test('says every contradiction at once', () => {
    const stage = withSse({ heartbeatIntervalMs: 60_000, retryMinMs: 9_000 });
    expect(() => checkTimeouts(stage)).toThrow(TimeoutConflictError);
    expect(() => checkTimeouts(stage)).toThrow(/stage dev.*heartbeatIntervalMs.*retryMinMs/s);
  });

  test.each<[string, Stage, RegExp]>([
    [
      'a heartbeat as long as a third of the idle timeout',
      withSse({ heartbeatIntervalMs: 20_000, idleTimeoutSeconds: 60 }),
      /heartbeatIntervalMs \(20000 ms\) must be < sse\.idleTimeoutSeconds \/ 3 \(20000 ms\)/,
    ],
    [
      'an idle timeout as short as the longest poll',
      withSse({ heartbeatIntervalMs: 1_000, idleTimeoutSeconds: 25 }),
      /the longest poll \(25 s\) must be < sse\.idleTimeoutSeconds \(25 s\)/,
    ],
    [
      'a task that closes idle connections before the load balancer does',
      withSse({ keepAliveSeconds: 60, idleTimeoutSeconds: 60 }),
      /idleTimeoutSeconds \(60 s\) must be < sse\.keepAliveSeconds \(60 s\)/,
    ],
    [
      'a publisher that gives up no earlier than consumers',
      withBackbone({ publishTimeoutMs: 5_000, holeGraceMs: 5_000 }),
      /publishTimeoutMs \+ 2000 \(7000 ms\) must be < backbone\.holeGraceMs \(5000 ms\)/,
    ],
    [
      'a publish function that is stopped before the publisher gives up',
      withBackbone({ publishTimeoutMs: 2_000, publishFunctionTimeoutSeconds: 2 }),
      /publishTimeoutMs \(2000 ms\) must be < backbone\.publishFunctionTimeoutSeconds \(2000 ms\)/,
    ],
    [
      'a hole that outlives its neighbours',
      withBackbone({ holeGraceMs: 3_600_000, retentionHours: 1 }),
      /holeGraceMs \(3600000 ms\) must be < backbone\.retentionHours \(3600000 ms\)/,
    ],
    [
      'a drain that ends after the deregistration delay where it is noticed late',
      withSse({ drainSeconds: 8, targetHealthIntervalSeconds: 3, deregistrationDelaySeconds: 10 }),
      /targetHealthIntervalSeconds \+ sse\.drainSeconds \(11 s\) must be <= sse\.deregistrationDelaySeconds \(10 s\)/,
    ],
    [
      'a stop timeout that leaves no time to remove the queue',
      withSse({ drainSeconds: 5, stopTimeoutSeconds: 14 }),
      /drainSeconds \+ 10 \(15 s\) must be <= sse\.stopTimeoutSeconds \(14 s\)/,
    ],
    [
      'one reconnect time for all',
      withSse({ retryMinMs: 1_000, retryMaxMs: 1_000 }),
      /retryMinMs \(1000 ms\) must be < sse\.retryMaxMs \(1000 ms\)/,
    ],
    [
      'more streams than sockets',
      withTask({ maxStreams: 65_535, openFiles: 65_535 }),
      /maxStreams \+ 1024 \(66559 files\) must be <= sse\.task\.openFiles \(65535 files\)/,
    ],
    [
      'one principal that can fill a task',
      withTask({ maxStreamsPerPrincipal: 2_000 }),
      /maxStreamsPerPrincipal \(2000 streams\) must be < sse\.task\.maxStreams \(2000 streams\)/,
    ],
    [
      'sweeps that overlap',
      withSse({ cleanerTimeoutSeconds: 60, sweepIntervalMinutes: 1 }),
      /cleanerTimeoutSeconds \(60 s\) must be < sse\.sweepIntervalMinutes \(60 s\)/,
    ],
    [
      'sweeps of connections that overlap',
      withWebSocket({ sweep: { ...dev.websocket.sweep, functionTimeoutSeconds: 60, intervalMinutes: 1 } }),
      /sweep\.functionTimeoutSeconds \(60 s\) must be < websocket\.sweep\.intervalMinutes \(60 s\)/,
    ],
    [
      'rows that expire before their connection',
      withWebSocket({ connectionTtlMinutes: 120 }),
      /the longest WebSocket connection \(7200 s\) must be < websocket\.connectionTtlMinutes \(7200 s\)/,
    ],
    [
      'a route function that outlives its caller',
      withWebSocket({ routeFunctionTimeoutSeconds: 30 }),
      /routeFunctionTimeoutSeconds \(30 s\) must be <= the longest WebSocket integration \(29 s\)/,
    ],
    [
      'a message that shows again too early',
      withFanOut({ functionTimeoutSeconds: 30, visibilityTimeoutSeconds: 179 }),
      /functionTimeoutSeconds x 6 \(180 s\) must be <= websocket\.fanOut\.visibilityTimeoutSeconds \(179 s\)/,
    ],
  ])('rejects %s, with both numbers', (_, stage, message) => {
    expect(() => checkTimeouts(stage)).toThrow(message);
  });

  test('says why', () => {
    expect(() => checkTimeouts(withFanOut({ visibilityTimeoutSeconds: 1 }))).toThrow(/is delivered twice/);
  });
});
