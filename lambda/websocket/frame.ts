import { randomUUID } from 'node:crypto';
import type { APIGatewayProxyStructuredResultV2, APIGatewayProxyWebsocketEventV2, Context } from 'aws-lambda';
import { createSqsClient } from '../../backbone/aws/clients.ts';
import { kindsBy } from '../../backbone/domain/channel-kind.ts';
import { publishEntries, readEntries, readEnvironment, telemetryEntries } from '../../backbone/environment.ts';
import { systemClock } from '../../backbone/services/system-clock.ts';
import { createTelemetry } from '../telemetry.ts';
import { openEphemeralPublisher, openEventLog, openLogReader, openPresenceBus, openPresenceStore, openPublisher } from '../wiring.ts';
import { createConnectionCloser } from './aws/connection-closer.ts';
import { createSdkPoster } from './aws/connection-poster.ts';
import { createManagementClient } from './aws/management-client.ts';
import { createReplayQueue } from './aws/replay-queue.ts';
import { WEBSOCKET_ENV, WEBSOCKET_INTEGRATION_LIMIT_MS } from './contract.ts';
import { closingEntries, managementEntries, replayQueueEntries } from './environment.ts';
import { type FrameDependencies, handleFrame } from './handle-frame.ts';
import { createLocalPublishQuota } from './local-publish-quota.ts';
import { publishLimits, replayLimits, responseLimits } from './settings.ts';
import { openClosingStore, openPublishQuota, openReplayStore, openResponseQuota } from './wiring.ts';

/** Reserved for the last frame, and for the time before the function began. */
const RESERVE_MS = 3_000;

/**
 * The `$default` route: every frame, whatever its content. Answers are posted, so the response to API Gateway
 * is empty.
 */
function createHandler(deps: FrameDependencies) {
  return async (event: APIGatewayProxyWebsocketEventV2, context: Context): Promise<APIGatewayProxyStructuredResultV2> => {
    const timeMs = Math.min(context.getRemainingTimeInMillis(), WEBSOCKET_INTEGRATION_LIMIT_MS) - RESERVE_MS;
    const request = {
      connectionId: event.requestContext.connectionId,
      body: event.body ?? '',
      deadlineMs: deps.clock.nowMs() + timeMs,
    };
    await handleFrame(request, deps, openTelemetry(context));
    return { statusCode: 200 };
  };
}

const env = readEnvironment(
  {
    ...readEntries,
    ...publishEntries,
    ...closingEntries,
    ...managementEntries,
    ...publishLimits,
    ...responseLimits,
    ...replayLimits,
    ...replayQueueEntries,
    ...telemetryEntries,
  },
  process.env,
);
const openTelemetry = createTelemetry(env, 'websocket');
const log = openEventLog(env);
// The client reads the management endpoint from the environment by itself.
const management = createManagementClient();
export const handler = createHandler({
  store: openClosingStore(env),
  poster: createSdkPoster({ client: management }),
  closer: createConnectionCloser({ client: management }),
  reader: openLogReader(env, log),
  log,
  ...openPublisher(env, log),
  presence: openPresenceStore(env),
  presenceBus: openPresenceBus(env),
  kindOf: kindsBy(env.channels),
  publishEphemeral: openEphemeralPublisher(env),
  ephemeralQuota: createLocalPublishQuota(env.maxPublishesPerSecond, systemClock),
  quota: openPublishQuota(env),
  answers: openResponseQuota(env),
  replays: openReplayStore(env),
  replayQueue: createReplayQueue({ client: createSqsClient(), queueUrl: env[WEBSOCKET_ENV.replayQueueUrl] }),
  newId: randomUUID,
  clock: systemClock,
  random: Math.random,
});
