/**
 * Entry point of the container: the only file of the service that uses AWS clients, the environment and the
 * process.
 */
import { join } from 'node:path';
import { createDynamoClient, createSnsClient, createSqsClient } from '../../backbone/aws/clients.ts';
import { createDynamoEventLog } from '../../backbone/aws/dynamo-event-log.ts';
import { createDynamoPresenceStore } from '../../backbone/aws/dynamo-presence-store.ts';
import { createSnsEventBus } from '../../backbone/aws/sns-event-bus.ts';
import { systemClock } from '../../backbone/services/system-clock.ts';
import { createLogger } from '../../backbone/telemetry/logger.ts';
import { createJwtVerifier } from '../../backbone/tokens/jwt-verifier.ts';
import { rememberVerified } from '../../backbone/tokens/remember-verified.ts';
import { createElbTargetHealth } from './aws/elb-target-health.ts';
import { createLoadBalancingClient } from './aws/load-balancing-client.ts';
import { openTaskQueue } from './aws/sqs-task-queue.ts';
import { type Config, parseConfig } from './config.ts';
import { createAuthenticate } from './http/authenticate.ts';
import { loadStaticFiles } from './http/static-files.ts';
import { runProcess } from './run.ts';
import { type Service, startService } from './service.ts';
import { type StreamServer, startStreamServer } from './stream-server.ts';
import { fetchTaskIdentity } from './task-metadata.ts';

const writeLine = (line: string) => process.stdout.write(`${line}\n`);
const logger = createLogger('sse', writeLine);

process.on('uncaughtException', fail);
try {
  const config = parseConfig(process.env);
  await runProcess({ start: () => start(config), drainMs: config.drainSeconds * 1_000, logger });
} catch (error) {
  fail(error);
}

async function start(config: Config): Promise<Service> {
  const { topicArn, queuePrefix, queueTags, targetGroupArns, port } = config;
  const { taskId, address } = await fetchTaskIdentity(config.metadataUri);
  return startService({
    taskId,
    config,
    openQueue: () =>
      openTaskQueue({
        sqs: createSqsClient(),
        sns: createSnsClient(),
        topicArn,
        queueName: `${queuePrefix}${taskId}`,
        tags: queueTags,
      }),
    startServer: () => startServer(config),
    targetHealth: createElbTargetHealth({ client: createLoadBalancingClient(), targetGroupArns, target: { address, port } }),
    clock: systemClock,
    logger,
    writeMetrics: writeLine,
  });
}

function startServer(config: Config): Promise<StreamServer> {
  const { logTable, presenceTable, retentionMs, topicArn, origins } = config;
  const verifier = rememberVerified(createJwtVerifier(config));
  const client = createDynamoClient();
  return startStreamServer({
    config,
    log: createDynamoEventLog({ client, table: logTable, retentionMs, clock: systemClock }),
    presence: createDynamoPresenceStore({ client, table: presenceTable, clock: systemClock }),
    bus: createSnsEventBus({ client: createSnsClient(), topicArn }),
    access: { verifier, authenticate: createAuthenticate(verifier, config), origins },
    clock: systemClock,
    logger,
    // The Dockerfile copies the console next to the bundle.
    files: loadStaticFiles(join(import.meta.dirname, 'console')),
  });
}

function fail(error: unknown): never {
  logger.error('the service ends', { error });
  process.exit(1);
}
