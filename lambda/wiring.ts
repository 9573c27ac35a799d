/** Parts that several entry points build in the same way, each from the keys of the environment that it needs. */
import { createDynamoClient, createSnsClient } from '../backbone/aws/clients.ts';
import { createDynamoConnectionDirectory } from './websocket/aws/dynamo-connection-directory.ts';
import { createDynamoConnectionExpiries } from './websocket/aws/dynamo-connection-expiries.ts';
import { createDynamoConnectionStore } from './websocket/aws/dynamo-connection-store.ts';
import { createDynamoEventLog } from '../backbone/aws/dynamo-event-log.ts';
import { createDynamoPostQuota } from './websocket/aws/dynamo-post-quota.ts';
import { createDynamoPublicationQuota } from './websocket/aws/dynamo-publication-quota.ts';
import { createDynamoReplayStore } from './websocket/aws/dynamo-replay-store.ts';
import { createSnsEventBus } from '../backbone/aws/sns-event-bus.ts';
import { LOG_ENV, PUBLISH_ENV, REPLAY_LEASE_MS, WEBSOCKET_ENV } from '../backbone/contract.ts';
import type { LaneEvent, Publication } from '../backbone/domain/event.ts';
import type { KeyScope } from '../backbone/domain/key-scope.ts';
import type {
  ConnectionDirectory,
  ConnectionExpiries,
  ConnectionStore,
  EventLog,
  PostQuota,
  PublicationQuota,
  ReplayStore,
} from '../backbone/ports.ts';
import { LogReader } from '../backbone/services/log-reader.ts';
import { publish } from '../backbone/services/publisher.ts';
import { systemClock } from '../backbone/services/system-clock.ts';
import type {
  answerLimitEntries,
  connectionStoreEntries,
  Environment,
  logEntries,
  publicationLimitEntries,
  publishEntries,
  replayLimitEntries,
  replayRateEntries,
} from './environment.ts';

type LogEnvironment = Environment<typeof logEntries>;
type ConnectionStoreEnvironment = Environment<typeof connectionStoreEntries>;

/** One for all parts of a function, so that they share its open connections: every TLS handshake is time in a cold start. */
const dynamo = createDynamoClient();

export function openConnectionDirectory(env: ConnectionStoreEnvironment): ConnectionDirectory {
  return createDynamoConnectionDirectory({ client: dynamo, connectionsTable: env[WEBSOCKET_ENV.connectionsTable] });
}

export function openConnectionExpiries(env: ConnectionStoreEnvironment): ConnectionExpiries {
  return createDynamoConnectionExpiries({ client: dynamo, connectionsTable: env[WEBSOCKET_ENV.connectionsTable] });
}

export function openConnectionStore(env: ConnectionStoreEnvironment): ConnectionStore {
  return createDynamoConnectionStore({
    client: dynamo,
    connectionsTable: env[WEBSOCKET_ENV.connectionsTable],
    subscriptionsTable: env[WEBSOCKET_ENV.subscriptionsTable],
    principalsTable: env[WEBSOCKET_ENV.principalsTable],
    connectionTtlMs: env[WEBSOCKET_ENV.connectionTtlMs],
    clock: systemClock,
  });
}

export function openPublicationQuota(env: ConnectionStoreEnvironment & Environment<typeof publicationLimitEntries>): PublicationQuota {
  return createDynamoPublicationQuota({
    client: dynamo,
    principalsTable: env[WEBSOCKET_ENV.principalsTable],
    perSecond: env[WEBSOCKET_ENV.maxPublishesPerSecond],
    clock: systemClock,
  });
}

/** Counts what frames and upgrades cause. */
export function openAnswerQuota(env: ConnectionStoreEnvironment & Environment<typeof answerLimitEntries>): PostQuota {
  return createDynamoPostQuota({
    client: dynamo,
    principalsTable: env[WEBSOCKET_ENV.principalsTable],
    kind: 'answers',
    perSecond: env[WEBSOCKET_ENV.maxAnswersPerSecond],
    clock: systemClock,
  });
}

/** Counts what the turns of replays cause. */
export function openReplayTurnQuota(env: ConnectionStoreEnvironment & Environment<typeof replayRateEntries>): PostQuota {
  return createDynamoPostQuota({
    client: dynamo,
    principalsTable: env[WEBSOCKET_ENV.principalsTable],
    kind: 'replays',
    perSecond: env[WEBSOCKET_ENV.maxReplayPostsPerSecond],
    clock: systemClock,
  });
}

export function openReplayStore(env: ConnectionStoreEnvironment & Environment<typeof replayLimitEntries>): ReplayStore {
  return createDynamoReplayStore({
    client: dynamo,
    principalsTable: env[WEBSOCKET_ENV.principalsTable],
    maxPerPrincipal: env[WEBSOCKET_ENV.maxReplaysPerPrincipal],
    leaseMs: REPLAY_LEASE_MS,
    clock: systemClock,
  });
}

export function openEventLog(env: LogEnvironment): EventLog {
  return createDynamoEventLog({
    client: dynamo,
    table: env[LOG_ENV.table],
    retentionMs: env[LOG_ENV.retentionMs],
    clock: systemClock,
  });
}

export function openLogReader(env: LogEnvironment, log: EventLog): LogReader {
  return new LogReader({ log, clock: systemClock, retentionMs: env[LOG_ENV.retentionMs], graceMs: env[LOG_ENV.graceMs] });
}

export function openPublisher(
  env: Environment<typeof publishEntries>,
  log: EventLog,
): (publication: Publication, scope: KeyScope) => Promise<LaneEvent> {
  const options = {
    log,
    bus: createSnsEventBus({ client: createSnsClient(), topicArn: env[PUBLISH_ENV.topicArn] }),
    clock: systemClock,
    publishTimeoutMs: env[PUBLISH_ENV.publishTimeoutMs],
  };
  return (publication, scope) => publish(publication, scope, options);
}
