import type { Known } from '../figure.ts';

/** What a vendor, or our own code, allows at most. */
export interface Quota extends Known {
  /** Whether it can be raised on request. */
  readonly adjustable: boolean;
}

const quota = (value: number, unit: string, adjustable: boolean, source: string, date = '2026-11-24'): Quota => ({
  value,
  unit,
  adjustable,
  confidence: 'documented',
  source,
  date,
});

const API_GATEWAY = 'https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-execution-service-websocket-limits-table.html';
const API_GATEWAY_ACCOUNT = 'https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html';

export const QUOTAS = {
  websocketConnectsPerSecond: quota(500, 'new connections a second', true, API_GATEWAY),
  apiRequestsPerSecond: quota(10_000, 'requests a second of the account', true, API_GATEWAY_ACCOUNT),
  apiRequestBurst: quota(5_000, 'requests at once', false, API_GATEWAY_ACCOUNT),
  websocketMessageBytes: quota(131_072, 'bytes a message', false, API_GATEWAY),
  eventBytes: quota(98_304, 'bytes of an event', false, 'backbone/domain/event.ts', '2026-11-30'),
  channelsPerStream: quota(32, 'channels a stream', false, 'packages/protocol/channel.ts', '2026-11-30'),
  channelsPerWebSocket: quota(100, 'channels a connection', false, 'lambda/websocket/domain/connection.ts', '2026-11-30'),
  channelWritesPerSecond: quota(
    1_000,
    'events a second of one channel',
    false,
    'https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-partition-key-design.html',
  ),
  fargateVcpus: quota(
    6,
    'vCPUs of Fargate',
    true,
    'https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-quotas.html',
    '2026-11-29',
  ),
  targetHealthCallsPerSecond: quota(
    10,
    'Describe calls a second of the account',
    true,
    'https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/throttling.html',
    '2026-11-29',
  ),
  snsPublishesPerSecond: quota(30_000, 'publishes a second', true, 'https://docs.aws.amazon.com/general/latest/gr/sns.html'),
  lambdaConcurrency: quota(1_000, 'concurrent executions', true, 'https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html'),
  appSyncEventBytes: quota(245_760, 'bytes an event', false, 'https://docs.aws.amazon.com/general/latest/gr/appsync.html', '2026-11-29'),
  iotSubscriptions: quota(
    50,
    'subscriptions a connection',
    false,
    'https://docs.aws.amazon.com/general/latest/gr/iot-core.html',
    '2026-11-29',
  ),
  iotPublishesPerSecond: quota(
    100,
    'publishes a second and connection',
    false,
    'https://docs.aws.amazon.com/general/latest/gr/iot-core.html',
    '2026-11-29',
  ),
  iotMessageBytes: quota(131_072, 'bytes a message', false, 'https://docs.aws.amazon.com/general/latest/gr/iot-core.html', '2026-11-29'),
} as const satisfies Record<string, Quota>;

export type QuotaId = keyof typeof QUOTAS;
