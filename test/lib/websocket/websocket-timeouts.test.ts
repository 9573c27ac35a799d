import { describe } from '@jest/globals';
import { WEBSOCKET_WORK, websocketBudgetRules } from '../../../lib/websocket/websocket-budget.ts';
import type { WebSocketSettings } from '../../../lib/websocket/websocket-settings.ts';
import { WEBSOCKET_TIMES, websocketRules } from '../../../lib/websocket/websocket-timeouts.ts';
import { testBrokenRules } from '../broken-rules.ts';
import { dev, prod } from '../fixed-stages.ts';

const rulesOf = (websocket: WebSocketSettings) => [...websocketRules(dev, websocket), ...websocketBudgetRules(websocket)];
const withWebSocket = (change: Partial<WebSocketSettings>) => rulesOf({ ...dev.websocket, ...change });
const withFanOut = (change: Partial<WebSocketSettings['fanOut']>) => withWebSocket({ fanOut: { ...dev.websocket.fanOut, ...change } });
/** The shipped limits of production. */
const withProdLimits = (change: Partial<WebSocketSettings>) => rulesOf({ ...prod.websocket, ...change });
const withFixed = (change: Partial<typeof WEBSOCKET_TIMES>) => websocketRules(dev, dev.websocket, { ...WEBSOCKET_TIMES, ...change });

describe('the timeouts and the budget of the WebSocket lane', () => {
  testBrokenRules(
    [
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
      [
        'a client that is closed before it rotates',
        withFixed({ connectionMaxMs: 6_600_000 }),
        /the client's rotateAfterMs \(6600000 ms\) must be < the longest WebSocket connection \(6600000 ms\)/,
      ],
      [
        'a client that is idle too long',
        withFixed({ idleMs: 300_000 }),
        /the client's pingIntervalMs \(300000 ms\) must be < API Gateway's idle timeout \(300000 ms\)/,
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
        /maxConnectionsPerPrincipal x maxPublishesPerSecond \+ 4 x maxResponsesPerSecond \+ replay\.postsPerSecondPerPrincipal \(5300 requests per second\) must be <= 10 % of websocket\.accountRequestsPerSecond \(1000 requests per second\)/,
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
        /requestsPerSecond x 2 \+ replay\.maxConcurrency x 200 \+ 1000 of presence \(11000 requests per second\) must be < websocket\.accountRequestsPerSecond \(10000 requests per second\)/,
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
        websocketBudgetRules(dev.websocket, { ...WEBSOCKET_WORK, replayLeaseMs: 30_000 }),
        /turn of a replay \(30000 ms\) must be < how long a replay keeps its place \(30000 ms\)/,
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
        withFixed({ queueRetentionSeconds: { ...WEBSOCKET_TIMES.queueRetentionSeconds, fanOut: 14 * 86_400 } }),
        /fan-out's queues \(1209600 s\) must be < retention of dead-letter queues \(1209600 s\)/,
      ],
      [
        'retries that outlast the log',
        withFanOut({ visibilityTimeoutSeconds: 21_600, maxReceiveCount: 4 }),
        /x maxReceiveCount \(86400 s\) must be < backbone\.retentionHours \(86400 s\)/,
      ],
    ],
    rulesOf(prod.websocket),
  );
});
