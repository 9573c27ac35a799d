import { createServer, type Server } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { deserialize, serialize } from 'node:v8';
import { encodeNotification } from '../../../backbone/domain/notification.ts';
import { MemoryEventLog } from '../../../backbone/memory/memory-event-log.ts';
import type { EventBus, EventLog } from '../../../backbone/ports.ts';
import { systemClock } from '../../../backbone/services/system-clock.ts';
import type { Operations } from '../../../packages/assembly-local/endpoint/operation.ts';
import { Endpoint } from '../../../packages/assembly-local/endpoint/server.ts';
import { Access } from '../../../packages/assembly-local/iam/access.ts';
import { Roles } from '../../../packages/assembly-local/iam/roles.ts';
import { Sessions } from '../../../packages/assembly-local/iam/sessions.ts';
import { createLog } from '../../../packages/assembly-local/log.ts';
import { queueOperations } from '../../../packages/assembly-local/queues/operations.ts';
import { Queues } from '../../../packages/assembly-local/queues/queues.ts';
import { topicOperations } from '../../../packages/assembly-local/topics/operations.ts';
import { Topics } from '../../../packages/assembly-local/topics/topics.ts';
import { listenOnLoopback } from '../peers/servers/publish-endpoint.ts';
import { createLogLikeDynamo } from '../task/log-like-dynamo.ts';
import { UNLIMITED_TASK } from '../task/unlimited.ts';

const REGION = 'us-east-1';
const ACCOUNT = '000000000000';
export const TOPIC_ARN = `arn:aws:sns:${REGION}:${ACCOUNT}:bench`;

/** What a task and publishers find on AWS: queues, a topic and a log, each of whose calls takes a while. */
export interface Cloud {
  /** Of SQS and SNS, for SDK clients. */
  readonly endpoint: string;
  /** Of the log, for the task: see `remote-log.ts`. */
  readonly logUrl: string;
  readonly log: EventLog;
  readonly bus: EventBus;
  /** Calls of SQS and of the log by their names, since the start. */
  readonly calls: ReadonlyMap<string, number>;
  close(): void;
}

/** @param latencyMs of each call, half of it on either way */
export async function startCloud(latencyMs: number): Promise<Cloud> {
  const calls = new Map<string, number>();
  const count = (name: string) => calls.set(name, (calls.get(name) ?? 0) + 1);
  const faults = {};
  const out = createLog({ verbose: false });
  const endpoint = new Endpoint(out);
  const url = `http://127.0.0.1:${await listenOnLoopback(endpoint.server)}`;
  const queues = new Queues({ region: REGION, account: ACCOUNT, endpoint: url });
  const topics = new Topics({ queues, faults, log: out });
  topics.create(TOPIC_ARN);
  const sessions = new Sessions();
  const absent = () => undefined;
  endpoint.serve({
    access: new Access({ roles: new Roles([]), sessions, policyOf: () => [], log: out }),
    sessions,
    permissions: {},
    json: { AmazonSQS: slowed(queueOperations(queues), latencyMs, count) },
    sns: slowed(topicOperations({ topics, region: REGION, account: ACCOUNT }), latencyMs, count),
    loadBalancing: {},
    dynamodb: absent,
    lambda: absent,
    management: absent,
    taskMetadata: absent,
    issuer: absent,
  });

  const log = createLogLikeDynamo(new MemoryEventLog({ clock: systemClock, retentionMs: UNLIMITED_TASK.retentionMs }), latencyMs, count);
  const bus: EventBus = {
    notify: async (events) => {
      await sleep(latencyMs);
      topics.publish(TOPIC_ARN, { message: encodeNotification(events) });
    },
  };
  const logServer = createLogServer(log);
  const logUrl = `http://127.0.0.1:${await listenOnLoopback(logServer)}`;
  return {
    endpoint: url,
    logUrl,
    log,
    bus,
    calls,
    close: () => {
      endpoint.close();
      logServer.closeAllConnections();
      logServer.close();
      queues.close();
    },
  };
}

function slowed(operations: Operations, latencyMs: number, count: (name: string) => void): Operations {
  return Object.fromEntries(
    Object.entries(operations).map(([name, run]) => [
      name,
      async (input, signal) => {
        count(name);
        await sleep(Math.floor(latencyMs / 2));
        const answer = await run(input, signal);
        await sleep(Math.ceil(latencyMs / 2));
        return answer;
      },
    ]),
  );
}

type Methods = Readonly<Record<string, (...args: readonly unknown[]) => Promise<unknown>>>;

function createLogServer(log: EventLog): Server {
  return createServer(async (request, response) => {
    const args = deserialize(await buffer(request)) as readonly unknown[];
    response.end(serialize(await (log as unknown as Methods)[request.url?.slice(1) ?? '']?.(...args)));
  });
}
