/** A process that holds streams for the load driver. Its parent tells it what to do, and it ends with its parent. */
import { Fleet } from './fleet.ts';
import type { Lane } from './lane.ts';
import { monotonicUs } from './payload.ts';
import { createPollLane } from './poll-lane.ts';
import { atRate } from './publisher.ts';
import { createSseHttp1Lane } from './sse-http1-lane.ts';
import { createSseHttp2Lane } from './sse-http2-lane.ts';
import { createWebSocketLane } from './websocket-lane.ts';
import type { FromWorker, ToWorker, WorkerTask } from './worker-protocol.ts';

const PROGRESS_INTERVAL_MS = 250;

const opening = new AbortController();
let fleet: Fleet | undefined;

// A Ctrl-C reaches the whole group of processes; the parent decides what happens then.
process.on('SIGINT', () => undefined);
process.on('disconnect', () => process.exit());
process.on('message', (message: ToWorker) => {
  if (message.kind === 'open') {
    void open(message.task);
    return;
  }
  opening.abort();
  if (fleet === undefined) return;
  send({ kind: 'result', result: fleet.result(message.acknowledged) });
  fleet.close();
});

async function open(task: WorkerTask): Promise<void> {
  const streams = new Fleet(createLane(task), task.run);
  fleet = streams;
  setInterval(() => send(progressOf(streams)), PROGRESS_INTERVAL_MS);
  await atRate(task.connectsPerSecond, task.streams, opening.signal, () => streams.open());
}

function progressOf(streams: Fleet): FromWorker {
  const { user, system } = process.cpuUsage();
  const latency = { p50Ms: streams.percentileMs(50), p99Ms: streams.percentileMs(99) };
  return { kind: 'progress', counts: streams.counts, ...latency, cpuUs: user + system, atUs: monotonicUs() };
}

function createLane({ lane, target, streamsPerConnection }: WorkerTask): Lane {
  switch (lane) {
    case 'sse-http1':
      return createSseHttp1Lane(target);
    case 'sse-http2':
      return createSseHttp2Lane(target, { streamsPerConnection });
    case 'websocket':
      return createWebSocketLane(target);
    case 'poll':
      return createPollLane(target);
  }
}

function send(message: FromWorker): void {
  // The parent may be gone, and this process then ends with the next event.
  process.send?.(message, () => undefined);
}
