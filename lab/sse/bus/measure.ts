import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { INVOCATIONS } from '../../../backbone/domain/key-scope.ts';
import { bindPublisher } from '../../../backbone/services/publisher.ts';
import { systemClock } from '../../../backbone/services/system-clock.ts';
import { parsePosition } from '../../../packages/protocol/cursor.ts';
import { createFrameReader } from '../../load/sse-frames.ts';
import { requestEventStream } from '../../load/sse-http1-lane.ts';
import { startServerProcess } from '../../shared/peers/server-process.ts';
import { cpuSeconds } from '../measure/usage.ts';
import type { ReadyLine } from '../peers/servers/publish-endpoint.ts';
import { imageFlags } from '../task/image-flags.ts';
import { onFirstCore } from '../task/pinned.ts';
import { UNLIMITED_TASK } from '../task/unlimited.ts';
import { type Cloud, startCloud, TOPIC_ARN } from './cloud.ts';
import type { BusTaskArguments } from './task-program.ts';

export interface BusOptions {
  readonly reader: BusTaskArguments['reader'];
  /** Events of each publication. */
  readonly batch: number;
  readonly seconds: number;
  readonly latencyMs: number;
  readonly signal: AbortSignal;
}

export interface BusResult {
  readonly eventsPerSecond: number;
  readonly notificationsPerSecond: number;
  /** Calls of SQS for a notification: receives and deletes. */
  readonly callsPerNotification: number;
  /** Reads of the log for a notification: of gaps, where one has overtaken another. */
  readonly readsPerNotification: number;
  /** Share of a core that the task used. */
  readonly taskCores: number;
  /** Share of a core that everything else used: publishers, queue, topic, log and the readers of the streams. */
  readonly benchCores: number;
  /** Published and not delivered, delivered twice, or out of order. */
  readonly wrong: number;
}

/** Streams, each of one channel: a channel of DynamoDB takes about 1,000 events a second. */
const CHANNELS = Array.from({ length: 10 }, (_, index) => `bench.${index}`);

const DATA = 'x'.repeat(160);

/** Publications that are under way, so that the publishers never wait for each other. */
const PUBLISHERS: Readonly<Record<number, number>> = { 1: 600, 10: 200, 100: 50 };

/** Publications for each publisher that are not delivered yet: beyond it the queue is full enough. */
const AHEAD = 3;

/** From the first event on. What is compiled at first use is compiled then. */
const WARM_UP_MS = 3_000;
const PATIENCE_MS = 60_000;

/** Publishes as much as the task takes, and follows it on streams. */
export async function measureBus({ reader, batch, seconds, latencyMs, signal }: BusOptions): Promise<BusResult> {
  const cloud = await startCloud(latencyMs);
  const args: BusTaskArguments = { reader, endpoint: cloud.endpoint, logUrl: cloud.logUrl, topicArn: TOPIC_ARN };
  const program = join(import.meta.dirname, 'task-program.ts');
  const task = startServerProcess(...onFirstCore(process.execPath, [...imageFlags(), program, JSON.stringify(args)]));
  try {
    const { port } = JSON.parse(await task.firstLine()) as ReadyLine;
    const followed = await followStreams(port);
    const stopped = new AbortController();
    const publishing = publishAhead(cloud, batch, followed, stopped.signal);
    while (followed.delivered === 0) await sleep(10, undefined, { signal });
    await sleep(WARM_UP_MS, undefined, { signal });
    const before = await sample(task.pid, cloud, followed);
    await sleep(seconds * 1_000, undefined, { signal });
    const after = await sample(task.pid, cloud, followed);
    stopped.abort();
    const published = await publishing;
    const deadlineMs = performance.now() + PATIENCE_MS;
    while (followed.delivered < published && performance.now() < deadlineMs) await sleep(10, undefined, { signal });
    followed.close();

    const tookSeconds = (after.atMs - before.atMs) / 1_000;
    const events = after.delivered - before.delivered;
    return {
      eventsPerSecond: events / tookSeconds,
      notificationsPerSecond: events / batch / tookSeconds,
      callsPerNotification: ((after.calls - before.calls) * batch) / events,
      readsPerNotification: ((after.reads - before.reads) * batch) / events,
      taskCores: (after.taskSeconds - before.taskSeconds) / tookSeconds,
      benchCores: (after.benchSeconds - before.benchSeconds) / tookSeconds,
      wrong: followed.wrong + Math.abs(published - followed.delivered),
    };
  } finally {
    await task.stop();
    cloud.close();
  }
}

async function sample(pid: number, { calls }: Cloud, { delivered }: Followed) {
  const { user, system } = process.cpuUsage();
  return {
    atMs: performance.now(),
    delivered,
    calls: (calls.get('ReceiveMessage') ?? 0) + (calls.get('DeleteMessageBatch') ?? 0),
    reads: calls.get('read') ?? 0,
    taskSeconds: await cpuSeconds([pid]),
    benchSeconds: (user + system) / 1e6,
  };
}

interface Followed {
  readonly delivered: number;
  /** Events that came twice or out of order, and ends and resets. */
  readonly wrong: number;
  close(): void;
}

/** Opens a stream on each channel. Resolves when all are open. */
async function followStreams(port: number): Promise<Followed> {
  const followed = { delivered: 0, wrong: 0, close: () => undefined as undefined };
  const requests = await Promise.all(
    CHANNELS.map(async (channel) => {
      const opened = Promise.withResolvers<void>();
      let seq = 0;
      let closed = false;
      const fail = () => {
        if (!closed) followed.wrong++;
        opened.resolve();
      };
      const request = requestEventStream(
        `http://127.0.0.1:${port}/v1/events?channel=${channel}`,
        { headers: {}, insecure: false },
        {
          onResponse: () => undefined,
          onText: createFrameReader({
            onOpen: () => opened.resolve(),
            onEvent: ({ id }) => {
              const before = seq;
              seq = parsePosition(id).seq;
              followed.delivered++;
              if (seq <= before) followed.wrong++;
            },
            onReset: fail,
          }),
          onEnd: fail,
        },
      );
      await opened.promise;
      return () => {
        closed = true;
        request.destroy();
      };
    }),
  );
  followed.close = () => {
    for (const close of requests) close();
  };
  return followed;
}

/** Returns how many events were published. */
async function publishAhead({ log, bus }: Cloud, batch: number, followed: Followed, stopped: AbortSignal): Promise<number> {
  const publishers = PUBLISHERS[batch] ?? 50;
  const { publishTimeoutMs } = UNLIMITED_TASK;
  const publisher = bindPublisher({ log, bus, clock: systemClock, publishTimeoutMs });
  const event = { type: 'message', data: DATA };
  let begun = 0;
  let published = 0;

  async function publishLoop(channel: string): Promise<void> {
    while (!stopped.aborted) {
      if (begun - followed.delivered > AHEAD * publishers * batch) {
        await sleep(2);
        continue;
      }
      begun += batch;
      if (batch === 1) {
        await publisher.publish({ channel, ...event }, INVOCATIONS);
        published++;
      } else {
        const outcomes = await publisher.publishBatch({ channel, events: Array.from({ length: batch }, () => event) }, INVOCATIONS);
        published += outcomes.filter(({ kind }) => kind === 'stored').length;
      }
    }
  }

  await Promise.all(Array.from({ length: publishers }, (_, index) => publishLoop(CHANNELS[index % CHANNELS.length] ?? '')));
  return published;
}
