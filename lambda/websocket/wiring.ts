/** Parts that several entry points build in the same way, each from the environment keys that it needs. */

import type { Environment } from '../../backbone/environment.ts';
import { systemClock } from '../../backbone/services/system-clock.ts';
import type { Settings } from '../../backbone/settings.ts';
import { dynamo, openPresenceBus, openPresenceStore } from '../wiring.ts';
import { createDynamoConnectionDirectory } from './aws/dynamo-connection-directory.ts';
import { createDynamoConnectionExpiries } from './aws/dynamo-connection-expiries.ts';
import { createDynamoConnectionStore } from './aws/dynamo-connection-store.ts';
import { createDynamoPostQuota } from './aws/dynamo-post-quota.ts';
import { createDynamoPublishQuota } from './aws/dynamo-publish-quota.ts';
import { createDynamoReplayStore } from './aws/dynamo-replay-store.ts';
import { REPLAY_LEASE_MS, WEBSOCKET_ENV } from './contract.ts';
import type { closingEntries, connectionStoreEntries } from './environment.ts';
import type { ConnectionDirectory, ConnectionExpiries, ConnectionStore, OnClosed, PostQuota, PublishQuota, ReplayStore } from './ports.ts';
import { createOnClosed } from './presence.ts';
import type { publishLimits, replayLimits, replayTurnLimits, responseLimits } from './settings.ts';

type ConnectionStoreEnvironment = Environment<typeof connectionStoreEntries>;

export function openConnectionDirectory(env: ConnectionStoreEnvironment): ConnectionDirectory {
  return createDynamoConnectionDirectory({ client: dynamo, connectionsTable: env[WEBSOCKET_ENV.connectionsTable] });
}

export function openConnectionExpiries(env: ConnectionStoreEnvironment): ConnectionExpiries {
  return createDynamoConnectionExpiries({ client: dynamo, connectionsTable: env[WEBSOCKET_ENV.connectionsTable] });
}

/** For whoever closes connections. */
export function openClosingStore(env: Environment<typeof closingEntries>): ConnectionStore {
  const deps = { presence: openPresenceStore(env), presenceBus: openPresenceBus(env), clock: systemClock };
  return openConnectionStore(env, createOnClosed(deps));
}

/** @param onClosed left out by those who close no connection */
export function openConnectionStore(env: ConnectionStoreEnvironment, onClosed?: OnClosed): ConnectionStore {
  return createDynamoConnectionStore({
    client: dynamo,
    connectionsTable: env[WEBSOCKET_ENV.connectionsTable],
    subscriptionsTable: env[WEBSOCKET_ENV.subscriptionsTable],
    principalsTable: env[WEBSOCKET_ENV.principalsTable],
    connectionTtlMs: env.connectionTtlMinutes * 60_000,
    clock: systemClock,
    ...(onClosed && { onClosed }),
  });
}

export function openPublishQuota(env: ConnectionStoreEnvironment & Settings<typeof publishLimits>): PublishQuota {
  return createDynamoPublishQuota({
    client: dynamo,
    principalsTable: env[WEBSOCKET_ENV.principalsTable],
    perSecond: env.maxPublishesPerSecond,
    clock: systemClock,
  });
}

/** Counts the answers that frames and upgrades cause. */
export function openResponseQuota(env: ConnectionStoreEnvironment & Settings<typeof responseLimits>): PostQuota {
  return createDynamoPostQuota({
    client: dynamo,
    principalsTable: env[WEBSOCKET_ENV.principalsTable],
    kind: 'answers',
    perSecond: env.maxResponsesPerSecond,
    clock: systemClock,
  });
}

/** Counts the posts of replay turns. */
export function openReplayTurnQuota(env: ConnectionStoreEnvironment & Settings<typeof replayTurnLimits>): PostQuota {
  return createDynamoPostQuota({
    client: dynamo,
    principalsTable: env[WEBSOCKET_ENV.principalsTable],
    kind: 'replays',
    perSecond: env.postsPerSecondPerPrincipal,
    clock: systemClock,
  });
}

export function openReplayStore(env: ConnectionStoreEnvironment & Settings<typeof replayLimits>): ReplayStore {
  return createDynamoReplayStore({
    client: dynamo,
    principalsTable: env[WEBSOCKET_ENV.principalsTable],
    maxPerPrincipal: env.maxReplaysPerPrincipal,
    leaseMs: REPLAY_LEASE_MS,
    clock: systemClock,
  });
}
