/** A task that takes what is published from its queue, with the SDK that it has on AWS. `argv[2]` is {@link BusTaskArguments} as JSON. */
import { createSnsClient, createSqsClient } from '../../../backbone/aws/clients.ts';
import { createSnsEventBus } from '../../../backbone/aws/sns-event-bus.ts';
import { MemoryLatestStore } from '../../../backbone/memory/memory-latest-store.ts';
import { MemoryPresenceStore } from '../../../backbone/memory/memory-presence-store.ts';
import { systemClock } from '../../../backbone/services/system-clock.ts';
import { createLogger } from '../../../backbone/telemetry/logger.ts';
import { onParentGone } from '../../../command-line/stop.ts';
import { openTaskQueue } from '../../../fargate/sse/aws/sqs-task-queue.ts';
import { type QueueReaderOptions, readQueue } from '../../../fargate/sse/queue-reader.ts';
import { startStreamServer } from '../../../fargate/sse/stream-server.ts';
import { openToAll } from '../../../test/support/access.ts';
import { announce } from '../peers/servers/publish-endpoint.ts';
import { UNLIMITED_TASK } from '../task/unlimited.ts';
import { createRemoteLog } from './remote-log.ts';
import { readWithTwoReceivers } from './two-receivers.ts';

/** How a task reads its queue: as before ADR 59, and as it does. */
const READERS = { 'two receivers': readWithTwoReceivers, 'by load': readQueue } as const satisfies Record<
  string,
  (options: QueueReaderOptions, signal: AbortSignal) => Promise<void>
>;

export type ReaderName = keyof typeof READERS;

export interface BusTaskArguments {
  readonly reader: ReaderName;
  readonly endpoint: string;
  readonly logUrl: string;
  readonly topicArn: string;
}

onParentGone(() => process.exit(1));

const { reader, endpoint, logUrl, topicArn } = JSON.parse(process.argv[2] ?? '') as BusTaskArguments;
Object.assign(process.env, {
  AWS_ENDPOINT_URL: endpoint,
  AWS_REGION: 'us-east-1',
  AWS_ACCESS_KEY_ID: 'bench',
  AWS_SECRET_ACCESS_KEY: 'bench',
});
const logger = createLogger('sse', (line) => process.stderr.write(`${line}\n`));
const sns = createSnsClient();
const queue = await openTaskQueue({ sqs: createSqsClient(), sns, topicArn, queueName: 'bench' });
const server = await startStreamServer({
  config: UNLIMITED_TASK,
  log: createRemoteLog(logUrl),
  latest: new MemoryLatestStore({ clock: systemClock, retentionMs: UNLIMITED_TASK.retentionMs }),
  presence: new MemoryPresenceStore({ clock: systemClock }),
  bus: createSnsEventBus({ client: sns, topicArn }),
  access: openToAll,
  clock: systemClock,
  logger,
  files: () => undefined,
});
const options = { queue, announcement: '', onAnnounced: () => undefined, clock: systemClock, logger };
// Until the bench ends it.
void READERS[reader]({ ...options, offer: (events) => server.offer(events) }, new AbortController().signal);
announce({ port: server.port });
