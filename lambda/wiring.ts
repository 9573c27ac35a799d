/** Parts that several entry points build in the same way, each from the keys of the environment that it needs. */
import { createDynamoClient, createSnsClient } from '../backbone/aws/clients.ts';
import { createDynamoEventLog } from '../backbone/aws/dynamo-event-log.ts';
import { createSnsEventBus } from '../backbone/aws/sns-event-bus.ts';
import { LOG_ENV, PUBLISH_ENV } from '../backbone/contract.ts';
import type { ChannelEvent, NewEvent } from '../backbone/domain/event.ts';
import type { KeyScope } from '../backbone/domain/key-scope.ts';
import type { Environment, logEntries, publishEntries, readEntries } from '../backbone/environment.ts';
import type { EventLog } from '../backbone/ports.ts';
import { LogReader } from '../backbone/services/log-reader.ts';
import { publish } from '../backbone/services/publisher.ts';
import { systemClock } from '../backbone/services/system-clock.ts';

/** One for all parts of a function, so that they share its open connections: every TLS handshake is time in a cold start. */
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

export function openPublisher(
  env: Environment<typeof publishEntries>,
  log: EventLog,
): (publication: NewEvent, scope: KeyScope) => Promise<ChannelEvent> {
  const options = {
    log,
    bus: createSnsEventBus({ client: createSnsClient(), topicArn: env[PUBLISH_ENV.topicArn] }),
    clock: systemClock,
    publishTimeoutMs: env.publishTimeoutMs,
  };
  return (publication, scope) => publish(publication, scope, options);
}
