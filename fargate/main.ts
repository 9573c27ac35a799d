/** Entry point of the container. The only file of the service that knows AWS, the environment and the process. */
import { join } from 'node:path';
import { createDynamoClient, createLoadBalancingClient, createSnsClient, createSqsClient } from '../backbone/aws/clients.ts';
import { createDynamoEventLog } from '../backbone/aws/dynamo-event-log.ts';
import { createElbTargetHealth } from '../backbone/aws/elb-target-health.ts';
import { createSnsEventBus } from '../backbone/aws/sns-event-bus.ts';
import { openTaskQueue } from '../backbone/aws/sqs-task-queue.ts';
import { systemClock } from '../backbone/services/system-clock.ts';
import { type Config, parseConfig } from './config.ts';
import { loadStaticFiles } from './http/static-files.ts';
import { createLogger } from './logger.ts';
import { runProcess } from './run.ts';
import { type Service, startService } from './service.ts';
import { fetchTaskIdentity } from './task-metadata.ts';

const writeLine = (line: string) => process.stdout.write(`${line}\n`);
const logger = createLogger(writeLine, systemClock.nowMs);

process.on('uncaughtException', (error) => fail(error));

try {
  const config = parseConfig(process.env);
  await runProcess({ start: () => start(config), drainMs: config.drainMs, logger });
} catch (error) {
  fail(error);
}

async function start(config: Config): Promise<Service> {
  const { logTable, retentionMs, topicArn, queuePrefix, targetGroupArn, port } = config;
  const { taskId, address } = await fetchTaskIdentity(config.metadataUri);
  const sns = createSnsClient();
  return startService({
    config,
    log: createDynamoEventLog({ client: createDynamoClient(), table: logTable, retentionMs, clock: systemClock }),
    bus: createSnsEventBus({ client: sns, topicArn }),
    openQueue: () => openTaskQueue({ sqs: createSqsClient(), sns, topicArn, queueName: `${queuePrefix}${taskId}` }),
    targetHealth: createElbTargetHealth({ client: createLoadBalancingClient(), targetGroupArn, target: { address, port } }),
    clock: systemClock,
    logger,
    // Beside the bundle, where the Dockerfile has copied it.
    files: loadStaticFiles(join(import.meta.dirname, 'console')),
    writeMetrics: writeLine,
  });
}

function fail(error: unknown): never {
  logger.error('the service ends', { error });
  process.exit(1);
}
