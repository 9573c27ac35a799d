import type { Context, SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { createSqsClient } from '../../backbone/aws/clients.ts';
import { readEntries, readEnvironment, telemetryEntries } from '../../backbone/environment.ts';
import { systemClock } from '../../backbone/services/system-clock.ts';
import { createTelemetry } from '../telemetry.ts';
import { openEventLog, openLogReader } from '../wiring.ts';
import { createSdkPoster } from './aws/connection-poster.ts';
import { createManagementClient } from './aws/management-client.ts';
import { createReplayQueue } from './aws/replay-queue.ts';
import { REPLAY_POSTS_PER_SECOND, REPLAY_RESERVE_MS, WEBSOCKET_ENV } from './contract.ts';
import { parseReplayJob } from './domain/replay-job.ts';
import { closingEntries, managementEntries, replayQueueEntries } from './environment.ts';
import { type ReplayTurnDependencies, runReplayTurn } from './replay-turn.ts';
import { replayLimits, replayTurnLimits } from './settings.ts';
import { openClosingStore, openReplayStore, openReplayTurnQuota } from './wiring.ts';

/** Consumes the queue of replays: one turn per message. */
function createHandler(deps: ReplayTurnDependencies) {
  return async ({ Records }: SQSEvent, context: Context): Promise<SQSBatchResponse> => {
    const telemetry = openTelemetry(context);
    const deadlineMs = deps.clock.nowMs() + context.getRemainingTimeInMillis() - REPLAY_RESERVE_MS;
    const batchItemFailures: { itemIdentifier: string }[] = [];
    for (const { messageId, body } of Records) {
      try {
        await runReplayTurn(parseReplayJob(body), deadlineMs, deps, telemetry);
      } catch (error) {
        telemetry.error('turn not finished', { messageId, error });
        batchItemFailures.push({ itemIdentifier: messageId });
      }
    }
    return { batchItemFailures };
  };
}

const env = readEnvironment(
  {
    ...readEntries,
    ...closingEntries,
    ...managementEntries,
    ...replayLimits,
    ...replayTurnLimits,
    ...replayQueueEntries,
    ...telemetryEntries,
  },
  process.env,
);
const openTelemetry = createTelemetry(env, 'websocket');
export const handler = createHandler({
  store: openClosingStore(env),
  replays: openReplayStore(env),
  queue: createReplayQueue({ client: createSqsClient(), queueUrl: env[WEBSOCKET_ENV.replayQueueUrl] }),
  quota: openReplayTurnQuota(env),
  // The client reads the management endpoint from the environment by itself.
  poster: createSdkPoster({ client: createManagementClient() }),
  reader: openLogReader(env, openEventLog(env)),
  clock: systemClock,
  random: Math.random,
  postsPerSecond: REPLAY_POSTS_PER_SECOND,
});
