import { describe, expect, test } from '@jest/globals';
import { CLIENT_TIMES } from '../../backbone/contract.ts';
import { DEFAULTS } from '../../client/src/options.ts';
import type { BackboneConfig, Stage } from '../../lib/config.ts';
import type { DistributionEdge, EdgeConfig } from '../../lib/edge/edge-config.ts';
import type { SseConfig } from '../../lib/sse/sse-config.ts';
import { FIXED_TIMES, type FixedTimes } from '../../lib/timeout-rule.ts';
import { checkTimeouts, holds, TimeoutConflictError, timeoutRules } from '../../lib/timeouts.ts';
import type { WebSocketConfig } from '../../lib/websocket/websocket-config.ts';
import { dev, preview, prod } from './fixed-stages.ts';

const withBackbone = (change: Partial<BackboneConfig>): Stage => ({ ...dev, backbone: { ...dev.backbone, ...change } });
// lane: sse
const withSse = (change: Partial<SseConfig>): Stage => ({ ...dev, sse: { ...dev.sse, ...change } });
// end lane
// lane: sse
const withTask = (change: Partial<SseConfig['task']>): Stage => withSse({ task: { ...dev.sse.task, ...change } });
// end lane
// lane: websocket
const withWebSocket = (change: Partial<WebSocketConfig>): Stage => ({ ...dev, websocket: { ...dev.websocket, ...change } });
// end lane
// lane: websocket
const withFanOut = (change: Partial<WebSocketConfig['fanOut']>): Stage => withWebSocket({ fanOut: { ...dev.websocket.fanOut, ...change } });
// end lane
// lane: sse
const withDistribution = (change: Partial<DistributionEdge>): Stage => ({ ...preview, edge: { ...preview.edge, ...change } as EdgeConfig });
// end lane
const withFixed = (change: Partial<FixedTimes>): FixedTimes => ({ ...FIXED_TIMES, ...change });

// lane: websocket
/** The shipped limits of the WebSocket lane in production. */
const withProdLimits = (change: Partial<WebSocketConfig>): Stage => ({ ...dev, websocket: { ...prod.websocket, ...change } });
// end lane

/** What breaks a rule, and what the message says of it. Some rules relate what no stage can change: other fixed times break them. */
const BROKEN: readonly (readonly [what: string, stage: Stage, message: RegExp, fixed?: FixedTimes])[] = [
  // lane: sse
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
  // end lane
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
  // lane: sse
  [
    'a drain that ends after the deregistration delay where it is noticed late',
    withSse({ drainSeconds: 8, targetHealthIntervalSeconds: 3, deregistrationDelaySeconds: 10 }),
    /targetHealthIntervalSeconds \+ sse\.drainSeconds \(11 s\) must be <= sse\.deregistrationDelaySeconds \(10 s\)/,
  ],
  [
    'a stop timeout that leaves no time to remove the queue',
    withSse({ drainSeconds: 6, stopTimeoutSeconds: 14 }),
    /drainSeconds x 1000 \+ 8000 \(14000 ms\) must be < sse\.stopTimeoutSeconds \(14000 ms\)/,
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
    'a target that full tasks cannot reach',
    withSse({ scaling: { ...dev.sse.scaling, targetStreamsPerTask: 2_000 } }),
    /targetStreamsPerTask \(2000 streams\) must be < sse\.task\.maxStreams \(2000 streams\)/,
  ],
  [
    'a peak with more tasks than there may be',
    withSse({ scaling: { ...dev.sse.scaling, maxTasks: 4, schedule: [{ cron: '0 7 * * ? *', minTasks: 5 }] } }),
    /minTasks \(5 tasks\) must be <= sse\.scaling\.maxTasks \(4 tasks\)/,
  ],
  [
    'sweeps that overlap',
    withSse({ cleanerTimeoutSeconds: 60, sweepIntervalMinutes: 1 }),
    /cleanerTimeoutSeconds \(60 s\) must be < sse\.sweepIntervalMinutes \(60 s\)/,
  ],
  // end lane
  // lane: websocket
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
    /routeFunctionTimeoutSeconds \(30000 ms\) must be <= the longest WebSocket integration \(29000 ms\)/,
  ],
  [
    'a message that shows again too early',
    withFanOut({ functionTimeoutSeconds: 30, visibilityTimeoutSeconds: 179 }),
    /functionTimeoutSeconds x 6 \(180 s\) must be <= websocket\.fanOut\.visibilityTimeoutSeconds \(179 s\)/,
  ],
  // end lane
  // lane: sse
  [
    'a heartbeat that our client does not wait for',
    withSse({ heartbeatIntervalMs: 16_000, idleTimeoutSeconds: 60 }),
    /heartbeatIntervalMs \(16000 ms\) must be <= the client's silenceTimeoutMs \/ 3 \(15000 ms\)/,
  ],
  [
    'heads that are compared after a queue has forgotten',
    withSse({ headCheckIntervalMs: 300_000 }),
    /headCheckIntervalMs \(300000 ms\) must be < retention of a task's queue \(300000 ms\)/,
  ],
  [
    'a notification that outlives its event',
    withBackbone({ retentionHours: 1 }),
    /retention of a task's queue \(3600 s\) must be < backbone\.retentionHours \(3600 s\)/,
    withFixed({ queueRetentionSeconds: { ...FIXED_TIMES.queueRetentionSeconds, task: 3_600 } }),
  ],
  // end lane
  // lane: websocket
  [
    'a client that is closed before it rotates',
    dev,
    /the client's rotateAfterMs \(6600000 ms\) must be < the longest WebSocket connection \(6600000 ms\)/,
    withFixed({ websocketConnectionMaxMs: 6_600_000 }),
  ],
  [
    'a client that is idle too long',
    dev,
    /the client's pingIntervalMs \(300000 ms\) must be < API Gateway's idle timeout \(300000 ms\)/,
    withFixed({ websocketIdleMs: 300_000 }),
  ],
  [
    'a frame that is stopped while it publishes',
    withWebSocket({ routeFunctionTimeoutSeconds: 2 }),
    /publishTimeoutMs \(2000 ms\) must be < websocket\.routeFunctionTimeoutSeconds \(2000 ms\)/,
  ],
  [
    'tables that take less than the API lets in',
    withWebSocket({ requestsPerSecond: 500, maxThroughput: { readUnits: 500, writeUnits: 499 } }),
    /requestsPerSecond \(500 per second\) must be <= websocket\.maxThroughput\.writeUnits \(499 per second\)/,
  ],
  [
    "a principal whose connections and publications use half of the account's rate",
    withProdLimits({ maxConnectionsPerPrincipal: 100, maxPublishesPerSecond: 50 }),
    /maxConnectionsPerPrincipal x maxPublishesPerSecond \+ 4 x maxAnswersPerSecond \+ replay\.postsPerSecondPerPrincipal \(5300 requests per second\) must be <= 10 % of websocket\.accountRequestsPerSecond \(1000 requests per second\)/,
  ],
  [
    "a principal whose replays use more than its share of the account's rate",
    withProdLimits({ replay: { ...prod.websocket.replay, postsPerSecondPerPrincipal: 301 } }),
    /\(1001 requests per second\) must be <= 10 % of websocket\.accountRequestsPerSecond \(1000 requests per second\)/,
  ],
  [
    'an account with less than AWS gives at first',
    withProdLimits({ accountRequestsPerSecond: 7_999 }),
    /\(800 requests per second\) must be <= 10 % of websocket\.accountRequestsPerSecond \(799\.9 requests per second\)/,
  ],
  [
    'frames and replays that leave the fan-out nothing of the rate',
    withProdLimits({ requestsPerSecond: 4_000 }),
    /requestsPerSecond x 2 \+ replay\.maxConcurrency x 200 \(10000 requests per second\) must be < websocket\.accountRequestsPerSecond \(10000 requests per second\)/,
  ],
  [
    'a burst that is larger than the bucket of the account',
    withProdLimits({ requestsPerSecond: 1_000, accountRequestsPerSecond: 8_000, requestBurst: 4_001 }),
    /requestBurst \(4001 requests\) must be <= half of websocket\.accountRequestsPerSecond, which is API Gateway's bucket \(4000 requests\)/,
  ],
  [
    'more posts in flight than the account answers in time',
    withProdLimits({ fanOut: { ...prod.websocket.fanOut, maxConcurrency: 59 } }),
    /fanOut\.maxConcurrency x 2 queues x postConcurrency \(30208 posts in flight\) must be <= websocket\.accountRequestsPerSecond x 3000 ms \(30000 posts in flight\)/,
  ],
  [
    'a turn of a replay that outlives its place',
    dev,
    /turn of a replay \(30000 ms\) must be < how long a replay keeps its place \(30000 ms\)/,
    withFixed({ replayLeaseMs: 30_000 }),
  ],
  [
    'a reservation that the queues can pass',
    withFanOut({ maxConcurrency: 5, reservedConcurrency: 9 }),
    /maxConcurrency x 2 queues \(10 invocations\) must be <= websocket\.fanOut\.reservedConcurrency \(9 invocations\)/,
  ],
  [
    'an invocation without time to post',
    withFanOut({ functionTimeoutSeconds: 5 }),
    /in reserve \(5000 ms\) must be < websocket\.fanOut\.functionTimeoutSeconds \(5000 ms\)/,
  ],
  [
    'retries that outlast their queue',
    withFanOut({ visibilityTimeoutSeconds: 43_200, maxReceiveCount: 8 }),
    /x maxReceiveCount \(345600 s\) must be < retention of the fan-out's queues \(345600 s\)/,
  ],
  [
    'a dead letter that is gone when it arrives',
    dev,
    /fan-out's queues \(1209600 s\) must be < retention of dead-letter queues \(1209600 s\)/,
    withFixed({ queueRetentionSeconds: { ...FIXED_TIMES.queueRetentionSeconds, fanOut: 14 * 86_400 } }),
  ],
  [
    'retries that outlast the log',
    withFanOut({ visibilityTimeoutSeconds: 21_600, maxReceiveCount: 4 }),
    /x maxReceiveCount \(86400 s\) must be < backbone\.retentionHours \(86400 s\)/,
  ],
  // end lane
  // lane: sse
  [
    'a heartbeat as long as a third of what CloudFront waits',
    withDistribution({ originReadTimeoutSeconds: 45 }),
    /heartbeatIntervalMs \(15000 ms\) must be < edge\.originReadTimeoutSeconds \/ 3 \(15000 ms\): CloudFront cuts a stream/,
  ],
  [
    'a poll that CloudFront gives up',
    withDistribution({ originReadTimeoutSeconds: 25 }),
    /the longest poll \(25 s\) must be < edge\.originReadTimeoutSeconds \(25 s\)/,
  ],
  [
    'a load balancer that closes idle connections before CloudFront does',
    withDistribution({ originKeepAliveSeconds: 60 }),
    /edge\.originKeepAliveSeconds \(60 s\) must be < sse\.idleTimeoutSeconds \(60 s\)/,
  ],
  // end lane
];

describe('checkTimeouts', () => {
  // lane: sse
  test('says every contradiction at once', () => {
    const stage = withSse({ heartbeatIntervalMs: 60_000, retryMinMs: 9_000 });
    expect(() => checkTimeouts(stage)).toThrow(TimeoutConflictError);
    expect(() => checkTimeouts(stage)).toThrow(/stage dev.*heartbeatIntervalMs.*retryMinMs/s);
  });
  // end lane

  test.each(BROKEN.map(([what, stage, message, fixed = FIXED_TIMES]) => ({ what, stage, message, fixed })))(
    'rejects $what, with both numbers',
    ({ stage, message, fixed }) => {
      expect(() => checkTimeouts(stage, fixed)).toThrow(message);
    },
  );

  test('every rule is broken by one of these', () => {
    const broken = BROKEN.flatMap(([, stage, , fixed]) => timeoutRules(stage, fixed).filter((rule) => !holds(rule)));
    const names = (rules: typeof broken) => new Set(rules.map(({ reason }) => reason));

    expect(names(broken)).toEqual(names([...timeoutRules(preview)]));
  });

  // lane: websocket
  test('says why', () => {
    expect(() => checkTimeouts(withFanOut({ visibilityTimeoutSeconds: 1 }))).toThrow(/is delivered twice/);
  });
  // end lane
});

test("what the rules take for the client's times is what the client does", () => {
  expect(DEFAULTS).toMatchObject(CLIENT_TIMES);
});
