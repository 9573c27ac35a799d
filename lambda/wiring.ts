/** Parts that several entry points build in the same way, each from the environment keys that it needs. */
import { createDynamoClient, createSnsClient } from '../backbone/aws/clients.ts';
import { createDynamoEventLog } from '../backbone/aws/dynamo-event-log.ts';
import { createDynamoPresenceStore } from '../backbone/aws/dynamo-presence-store.ts';
import { createSnsEventBus } from '../backbone/aws/sns-event-bus.ts';
import { LOG_ENV, PRESENCE_ENV, PUBLISH_ENV } from '../backbone/contract.ts';
import type { Environment, logEntries, presenceEntries, publishEntries, readEntries } from '../backbone/environment.ts';
import type { EventLog, PresenceBus, PresenceStore } from '../backbone/ports.ts';
import { createEphemeralPublisher, type PublishEphemeral } from '../backbone/services/ephemeral-publisher.ts';
import { LogReader } from '../backbone/services/log-reader.ts';
import { bindPublisher, type Publisher } from '../backbone/services/publisher.ts';
import { systemClock } from '../backbone/services/system-clock.ts';

/**
 * Shared by all parts of a function, so that they also share its open connections: every TLS handshake adds
 * to a cold start.
 */
export const dynamo = createDynamoClient();

export function openEventLog(env: Environment<typeof logEntries>): EventLog {
  return createDynamoEventLog({
    client: dynamo,
    table: env[LOG_ENV.table],
    retentionMs: env.retentionMs,
    clock: systemClock,
  });
}

export function openLogReader(env: Environment<typeof readEntries>, log: EventLog): LogReader {
  return new LogReader({ log, clock: systemClock, retentionMs: env.retentionMs, graceMs: env.gapGraceMs });
}

let bus: ReturnType<typeof createSnsEventBus> | undefined;

/** The same for everything in a process that publishes. */
function openBus(env: Environment<typeof publishEntries>): ReturnType<typeof createSnsEventBus> {
  bus ??= createSnsEventBus({ client: createSnsClient(), topicArn: env[PUBLISH_ENV.topicArn] });
  return bus;
}

export function openPresenceStore(env: Environment<typeof presenceEntries>): PresenceStore {
  return createDynamoPresenceStore({ client: dynamo, table: env[PRESENCE_ENV.table], clock: systemClock });
}

export function openPresenceBus(env: Environment<typeof publishEntries>): PresenceBus {
  return openBus(env);
}

export function openEphemeralPublisher(env: Environment<typeof publishEntries>): PublishEphemeral {
  return createEphemeralPublisher({ bus: openBus(env), clock: systemClock });
}

export function openPublisher(env: Environment<typeof publishEntries>, log: EventLog): Publisher {
  return bindPublisher({
    log,
    bus: openBus(env),
    clock: systemClock,
    publishTimeoutMs: env.publishTimeoutMs,
  });
}
