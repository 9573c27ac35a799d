/**
 * A task of the SSE lane in a process of its own, as a stage sets it up, over ports in memory: what is published takes the way
 * through the log and the queue, and tokens are checked. `argv[2]` is {@link TaskArguments} as JSON.
 */
import { createServer } from 'node:http';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { ACCESS_ENV, LOG_ENV, PRESENCE_ENV, PUBLISH_ENV, TELEMETRY_ENV } from '../../../backbone/contract.ts';
import { encodeEphemeralNotification } from '../../../backbone/domain/ephemeral-event.ts';
import { INVOCATIONS } from '../../../backbone/domain/key-scope.ts';
import { encodeNotification } from '../../../backbone/domain/notification.ts';
import { encodePresenceNotification } from '../../../backbone/domain/presence.ts';
import { MemoryEventLog } from '../../../backbone/memory/memory-event-log.ts';
import { MemoryPresenceStore } from '../../../backbone/memory/memory-presence-store.ts';
import type { EphemeralBus, EventBus, PresenceBus } from '../../../backbone/ports.ts';
import { publish } from '../../../backbone/services/publisher.ts';
import { systemClock } from '../../../backbone/services/system-clock.ts';
import { createLogger } from '../../../backbone/telemetry/logger.ts';
import { createJwtVerifier } from '../../../backbone/tokens/jwt-verifier.ts';
import { rememberVerified } from '../../../backbone/tokens/remember-verified.ts';
import { onParentGone } from '../../../command-line/stop.ts';
import { type Config, parseConfig } from '../../../fargate/sse/config.ts';
import { SSE_ENV, TASK_QUEUE_ENV } from '../../../fargate/sse/contract.ts';
import { createAuthenticate } from '../../../fargate/sse/http/authenticate.ts';
import { MemoryTaskQueue } from '../../../fargate/sse/memory/memory-task-queue.ts';
import type { TaskQueue } from '../../../fargate/sse/ports.ts';
import { startService } from '../../../fargate/sse/service.ts';
import { startStreamServer } from '../../../fargate/sse/stream-server.ts';
import { type ChannelPosition, formatPosition } from '../../../packages/protocol/cursor.ts';
import { listenOnLoopback } from '../peers/servers/publish-endpoint.ts';
import { createLogLikeDynamo } from './log-like-dynamo.ts';
import type { Fill, Heads, Publish, TaskArguments, TaskCalls, TaskReady, TaskReport } from './protocol.ts';
import { ReadCounts } from './read-counts.ts';

/** History is older than any grace period. */
const HISTORY_AGE_MS = 60_000;

/** Messages in the queue, while a backend publishes. */
const MOST_WAITING = 20;

const PAUSE_RESOLUTION_MS = 1;

onParentGone(() => process.exit(1));

const { settings, issuer, logLatencyMs } = JSON.parse(process.argv[2] ?? '') as TaskArguments;
const config = configOf();
const logger = createLogger('sse', (line) => process.stderr.write(`${line}\n`));
const counts = new ReadCounts();
const pauses = monitorEventLoopDelay({ resolution: PAUSE_RESOLUTION_MS });

let ageMs = 0;
const history = { ...systemClock, nowMs: () => systemClock.nowMs() - ageMs };
const memory = new MemoryEventLog({ clock: history, retentionMs: config.retentionMs });
/** Publishing costs a backend its calls; of the task's own it shares only the latency. */
const log = createLogLikeDynamo(memory, logLatencyMs, (method, args) => counts.note(method, args));
const messages = new MemoryTaskQueue();
let waiting = 0;
const queue: TaskQueue = {
  receive: async (signal) => {
    const received = await messages.receive(signal);
    waiting -= received.length;
    return received;
  },
  // The queue in memory would remember what was deleted.
  delete: async () => undefined,
  close: () => messages.close(),
};
const bus: EventBus & EphemeralBus & PresenceBus = {
  notify: async (events) => {
    waiting++;
    messages.push(encodeNotification(events));
  },
  announce: async (event) => {
    waiting++;
    messages.push(encodeEphemeralNotification(event));
  },
  tell: async (notification) => {
    waiting++;
    messages.push(encodePresenceNotification(notification));
  },
};

const service = await startService({
  taskId: 'lab',
  config,
  openQueue: async () => queue,
  startServer: () => {
    const verifier = rememberVerified(createJwtVerifier(config));
    return startStreamServer({
      config,
      log,
      bus,
      presence: new MemoryPresenceStore({ clock: systemClock }),
      clock: systemClock,
      logger,
      files: () => undefined,
      access: { verifier, authenticate: createAuthenticate(verifier, config), origins: config.origins },
    });
  },
  targetHealth: { state: async () => 'registered' },
  clock: systemClock,
  logger,
  writeMetrics: () => undefined,
});
const controlPort = await listenOnLoopback(createControl());
pauses.enable();
process.stdout.write(`${JSON.stringify({ port: service.port, controlPort } satisfies TaskReady)}\n`);

/** What the stage sets, and stand-ins for the names and addresses of other resources. */
function configOf(): Config {
  return parseConfig({
    [LOG_ENV.table]: 'memory',
    [PRESENCE_ENV.table]: 'memory',
    [PUBLISH_ENV.topicArn]: 'memory',
    [TASK_QUEUE_ENV.queuePrefix]: 'memory',
    [TELEMETRY_ENV.stack]: 'bench',
    [SSE_ENV.targetGroupArns]: 'memory',
    ECS_CONTAINER_METADATA_URI_V4: 'http://bench.invalid',
    ...settings.environment,
    [SSE_ENV.host]: '127.0.0.1',
    [SSE_ENV.port]: '0',
    [ACCESS_ENV.issuer]: issuer.url,
    [ACCESS_ENV.audience]: issuer.audience,
    [ACCESS_ENV.jwksUri]: issuer.jwksUri,
  });
}

function createControl() {
  const calls: { readonly [Name in keyof TaskCalls]: (input: TaskCalls[Name]['input']) => Promise<TaskCalls[Name]['output']> } = {
    fill,
    publish: publishEach,
    heads: ({ channels }) => headsOf(channels),
    restart: async () => {
      counts.clear();
      pauses.reset();
      return {};
    },
    report: async () => report(),
  };
  return createServer(async (request, response) => {
    let body = '';
    for await (const text of request.setEncoding('utf8')) body += text;
    const call = calls[request.url?.slice(1) as keyof TaskCalls] as (input: unknown) => Promise<unknown>;
    response.end(JSON.stringify(await call(JSON.parse(body))));
  });
}

async function fill({ channels, events, text, times }: Fill): Promise<Heads> {
  const rest = text.repeat(times);
  ageMs = HISTORY_AGE_MS;
  try {
    for (const channel of channels) {
      for (let index = 0; index < events; index++) {
        const position = await memory.allocate(channel);
        const data = `${position.seq} ${rest}`;
        await memory.append({ channel, ...position, type: 'message', data, publishedAtMs: history.nowMs() }, `${channel} ${position.seq}`);
      }
    }
    return await headsOf(channels);
  } finally {
    ageMs = 0;
  }
}

async function publishEach({ channels, text, times }: Publish): Promise<Heads> {
  // One string for all of them: what the log holds is not the task's memory.
  const data = text.repeat(times);
  const options = { log: memory, bus, clock: systemClock, publishTimeoutMs: config.publishTimeoutMs };
  const events = await Promise.all(channels.map((channel) => publish({ channel, type: 'message', data }, INVOCATIONS, options)));
  // What waits in a queue of SQS is not in the task's memory either.
  while (waiting > MOST_WAITING) await sleep(1);
  return Object.fromEntries(events.map((event) => [event.channel, formatPosition(event)]));
}

async function headsOf(channels: readonly string[]): Promise<Heads> {
  const heads: ReadonlyMap<string, ChannelPosition> = await memory.heads(channels);
  return Object.fromEntries([...heads].map(([channel, head]) => [channel, formatPosition(head)]));
}

function report(): TaskReport {
  return { ...counts.summary(), longestPauseMs: Math.max(0, pauses.max / 1e6 - PAUSE_RESOLUTION_MS) };
}
