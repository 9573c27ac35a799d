import type { Assumed, Figure, Known, Range } from '../figure.ts';

/*
 * What a task, a function and a client do, and how long AWS takes. Ranges of what is assumed are those in which the author would
 * not be surprised to find it; `npm run plan` tries both ends.
 */

const TODAY = '2026-11-30';

const known = (confidence: Known['confidence'], value: number, unit: string, source: string, date = TODAY): Known => ({
  value,
  unit,
  confidence,
  source,
  date,
});

/** @param source why it is so much, and why the range */
const assumed = (value: number, range: Range, unit: string, source: string, date = TODAY): Assumed => ({
  value,
  range,
  unit,
  confidence: 'assumed',
  source,
  date,
});

export const CAPACITY = {
  // On the wire
  sseOverheadBytes: known(
    'documented',
    108,
    'bytes an event beside its data',
    'docs/sse/protocol.md: id and data lines 25; HTTP/2 frame 9 (RFC 9113); TLS 1.3 record 22 (RFC 8446); TCP with timestamps and IP 52',
  ),
  websocketOverheadBytes: known(
    'documented',
    218,
    'bytes an event beside its data',
    'docs/websocket/protocol.md: JSON frame 140; WebSocket header 4 (RFC 6455); TLS 1.3 record 22 (RFC 8446); TCP with timestamps and IP 52',
  ),
  heartbeatBytes: known(
    'documented',
    85,
    'bytes a heartbeat',
    'docs/sse/protocol.md: line 2; HTTP/2 frame 9; TLS 1.3 record 22; TCP and IP 52',
  ),
  answerBytes: assumed(
    600,
    [400, 1_200],
    'bytes of an answer without events',
    'status line, 10 headers of the balancer and the service, TLS, TCP and IP',
  ),
  requestBytes: assumed(
    900,
    [500, 3_000],
    'bytes of a request without a body',
    'request line, headers of a browser, and a token of 400 to 2,000 bytes',
  ),

  // The WebSocket lane
  clientCheckSeconds: known(
    'documented',
    225,
    'seconds between checks of a client',
    'packages/client/src/options.ts: pingIntervalMs, less a quarter by jitter',
  ),
  checkMessages: known('documented', 2, 'messages a check', 'docs/websocket/protocol.md: ping, pong'),
  checkWriteUnits: known('documented', 1, 'write units a check', 'lambda/websocket/handle-frame.ts: quota of answers'),
  checkReadUnits: known(
    'documented',
    1,
    'read units a check, and as many a channel',
    'lambda/websocket/handle-frame.ts: connection; heads of its channels, strongly consistent',
  ),
  headBytes: known('documented', 30, 'bytes a channel in the answer to a check', 'docs/websocket/protocol.md: "orders.1234":"k3f9x2.1042"'),
  subscribeMessages: known('documented', 3, 'messages a subscribe', 'docs/websocket/protocol.md: subscribe, subscribed, caughtUp'),
  subscribeWriteUnits: known(
    'documented',
    4,
    'write units a subscribe',
    'lambda/websocket/handle-frame.ts: quota of answers twice, connection, subscription',
  ),
  subscribeReadUnits: known(
    'documented',
    5,
    'read units a subscribe',
    'lambda/websocket/handle-frame.ts: connection, head twice, entries around the cursor, replay',
  ),
  connectWriteUnits: known(
    'documented',
    7,
    'write units a connection',
    'lambda/websocket/open-connection.ts and disconnect.ts: rows, index and quotas, written and removed',
  ),
  frameMs: assumed(30, [15, 100], 'ms an invocation that answers a frame', 'four to six calls to DynamoDB and a post, some side by side'),
  frameMemoryMb: known('documented', 512, 'MB of the functions that answer frames', 'lib/websocket/websocket-stack.ts'),
  postMs: assumed(
    30,
    [10, 100],
    'ms a post to a connection',
    'API Gateway publishes no figure; a call of a regional API takes 10 to 100 ms',
  ),
  postCpuMicros: known('measured', 107, 'µs of CPU a post', 'npm run bench -- --rounds 1', '2026-11-25'),
  subscriptionRowBytes: known(
    'documented',
    110,
    'bytes a subscription row',
    'lambda/websocket/aws/dynamo-connection-store.ts: channel, id, version, expiry',
  ),
  postsPerJob: known('documented', 500, 'connections a job of the fan-out', 'lambda/websocket/fan-out-event.ts: JOB_SIZE'),
  pollerRequestsPerHour: known(
    'documented',
    900,
    'receives an hour and queue that Lambda polls',
    'https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html: five pollers, 20 s each',
  ),
  websocketMetrics: known('documented', 12, 'metrics of the WebSocket lane in use', 'backbone/contract.ts: those that its functions write'),
  websocketIdleMetrics: known(
    'documented',
    3,
    'metrics of the WebSocket lane without clients',
    'lambda/websocket/connection-sweep.ts, connection-expiry.ts',
  ),
  detailedMetrics: assumed(
    18,
    [6, 30],
    'metrics of routes that API Gateway writes in use',
    'six metrics for each of three routes; AWS bills them as custom metrics and does not count them for you',
  ),
  functionLogBytes: assumed(
    500,
    [300, 1_500],
    'bytes of log an invocation',
    "Lambda's own lines of start, end and report, and a line of metrics now and then",
  ),
  accessLogBytes: known('documented', 350, 'bytes a line of the access log', 'lib/websocket/websocket-api.ts: accessLogFormat'),

  // The SSE lane
  deliveriesPerCore: known(
    'measured',
    80_000,
    'deliveries a second and vCPU',
    'npm run bench -- --only rate8-10000: 8 events/s to 10,000 streams on one core, p99 78 ms',
    '2026-11-29',
  ),
  deliveryMicros: known('measured', 14, 'µs of CPU a delivery of a lone event', 'npm run bench -- --rounds 1', '2026-11-25'),
  requestsPerCore: assumed(
    3_000,
    [1_500, 10_000],
    'requests a second and vCPU',
    'a token is checked and JSON written; accepts alone were 18,000 a second (npm run bench, 2026-11-29)',
  ),
  notificationsPerTask: assumed(
    3_000,
    [1_500, 6_000],
    'notifications a second that a task of one vCPU takes from its queue',
    'npm run bench:bus: 0.3 ms of CPU each; sixteen receives in flight (fargate/sse/queue-reader.ts), ten messages each, are more at 7 to 30 ms a call',
  ),
  queueCallMs: assumed(15, [7, 30], 'ms a call of SQS', 'AWS publishes no figure; calls of regional APIs take about as long'),
  emptyReceivesPerHour: known('documented', 180, 'receives an hour and task without events', 'fargate/sse/queue-reader.ts: one, 20 s each'),
  envelopeBytes: assumed(
    600,
    [400, 1_500],
    'bytes a queue message beside the data',
    'JSON of the event, attributes, and headers of receive and delete by ten',
  ),
  targetHealthJitter: known(
    'documented',
    0.75,
    'of the interval, on average, between two looks',
    'fargate/sse/target-watch.ts: half of it is random',
  ),
  targetHealthBytes: assumed(
    4_000,
    [2_500, 8_000],
    'bytes a look at the target health',
    'a signed request, XML of the targets, both with headers',
  ),
  sseMetrics: known('documented', 14, 'metrics of the SSE lane', 'fargate/sse/metrics.ts'),
  taskLogBytesPerMinute: assumed(2_500, [1_500, 6_000], 'bytes of log a task and minute', 'a line of 14 metrics with up to 100 latencies'),
  insightsMetrics: assumed(
    24,
    [18, 40],
    'metrics of Container Insights',
    'about eight each for cluster, service and task family; AWS publishes examples only',
  ),
  wafLogBytes: assumed(
    2_000,
    [1_000, 4_000],
    'bytes of log a request that the web ACL sees',
    'JSON with all headers of the request and the rules that matched',
  ),
  longPollSeconds: known('documented', 25, 'seconds that a long poll waits', 'docs/sse/operations.md'),

  // The backbone
  keyWriteUnits: known('documented', 2, 'write units of an idempotency key', 'backbone/services/publisher.ts: claim, and its end'),
  eventEnvelopeBytes: known('documented', 200, 'bytes of a stored event beside its data', 'backbone/aws/log-items.ts'),
  replayReadUnits: assumed(
    1,
    [0.2, 3],
    'read units a reconnect and channel',
    'tasks share log reads; a client alone on its channel costs a head and a page',
  ),
  keyReuseSeconds: known(
    'documented',
    300,
    'seconds that SNS uses a data key',
    'https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html',
  ),

  // How long AWS and the network take
  publishP99Ms: assumed(
    30,
    [15, 80],
    'ms to store an event and to notify (p99)',
    'two writes of DynamoDB and a publish of SNS, each single-digit ms at the median',
  ),
  busP99Ms: assumed(
    225,
    [120, 400],
    'ms from SNS to a consumer (p99)',
    'third-party measurement of 2022 of SNS to Lambda: 73 ms at p50, 225 at p99; SQS alone 16 and 105',
  ),
  networkP99Ms: assumed(50, [20, 150], 'ms from the edge to a client (p99)', 'clients on the same continent, Wi-Fi or mobile'),

  // What others do
  quotaRaise: assumed(
    10,
    [5, 30],
    'times the default to which AWS raises a quota on request',
    'AWS decides case by case; of concurrent executions its quotas page says tens of thousands instead of 1,000 (https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html)',
  ),
  integrationUsdPerMonth: assumed(
    300,
    [50, 1_000],
    'USD a month of work on what others built',
    'a third of a working day to integrate, upgrade and watch it; part of the choice, and of no bill',
  ),
  lambdaStreamMemoryMb: known(
    'documented',
    128,
    'MB of a function that holds a stream',
    'https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html: the least',
  ),
  lambdaStreamMinutes: known(
    'documented',
    15,
    'minutes a stream at most',
    'https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html',
    '2026-11-29',
  ),
  lambdaLogPollSeconds: assumed(
    1,
    [0.5, 5],
    'seconds between looks at the log',
    'an environment has no queue of its own, so each stream asks the log',
  ),
  serviceP99Ms: assumed(150, [50, 400], 'ms inside a managed service (p99)', 'neither AppSync Events nor IoT Core publishes a figure'),
  mqttOverheadBytes: assumed(
    120,
    [90, 180],
    'bytes an MQTT message beside its data',
    'topic and header 20 to 80; WebSocket, TLS, TCP and IP 78',
  ),
  hubWebsocketFactor: assumed(
    1,
    [0.5, 2],
    'CPU of a WebSocket delivery, in SSE deliveries',
    'not built: one frame a write instead of one chunk',
  ),
  hubMessagesPerCore: assumed(
    20_000,
    [5_000, 50_000],
    'client messages a second and vCPU',
    'not built: a frame is parsed and published in the process',
  ),
  brokerDeliveriesPerCore: known(
    'measured',
    80_000,
    'deliveries a second and vCPU of a broker',
    'npm run bench with Centrifugo 6.9.1: 80,000 with 32 events in flight, 95,000 with 4, on one core',
    '2026-11-29',
  ),
  brokerBusP99Ms: assumed(20, [5, 60], 'ms through Redis or Valkey (p99)', 'a publish and a push in one zone or between two'),
} as const satisfies Record<string, Figure>;

export type CapacityId = keyof typeof CAPACITY;
