/** A task of the SSE lane with everything in memory, that publishes to itself as a busy topic does. Started by `main.ts`. */
import { setTimeout as sleep } from 'node:timers/promises';
import { encodeLatestNotification, readLatestNotification, toLatestEntry } from '../../../backbone/domain/latest-event.ts';
import { parseJsonObject } from '../../../backbone/domain/notification.ts';
import { MemoryEventBus } from '../../../backbone/memory/memory-event-bus.ts';
import { MemoryEventLog } from '../../../backbone/memory/memory-event-log.ts';
import { MemoryLatestStore } from '../../../backbone/memory/memory-latest-store.ts';
import { MemoryPresenceStore } from '../../../backbone/memory/memory-presence-store.ts';
import { systemClock } from '../../../backbone/services/system-clock.ts';
import { startStreamServer } from '../../../fargate/sse/stream-server.ts';
import { MAX_BATCH_EVENTS } from '../../../packages/protocol/publication.ts';
import { stateTag } from '../../../packages/protocol/state-tag.ts';
import { openToAll } from '../../../test/support/access.ts';
import { UNLIMITED_TASK } from '../task/unlimited.ts';
import { CHANNEL, type LatestLoad, type TaskReady, type TaskResult } from './protocol.ts';

const TICK_MS = 20;

const load: LatestLoad = JSON.parse(process.argv[2] ?? '');
const options = { clock: systemClock, retentionMs: UNLIMITED_TASK.retentionMs };
const store = new MemoryLatestStore(options);
const server = await startStreamServer({
  config: { ...UNLIMITED_TASK, memoryMb: 512, channels: [{ match: CHANNEL, kind: 'latest' }] },
  log: new MemoryEventLog(options),
  latest: store,
  presence: new MemoryPresenceStore({ clock: systemClock }),
  bus: new MemoryEventBus(),
  clock: systemClock,
  logger: { info: () => undefined, warn: report, error: report },
  files: () => undefined,
  access: openToAll,
});

let published = 0;
let peakResidentBytes = 0;
const text = 'x'.repeat(load.chars);

process.on('message', () => void run());
process.send?.({ port: server.port } satisfies TaskReady);

async function run(): Promise<void> {
  const { seconds } = load;
  server.report();
  const startedAtMs = performance.now();
  const cpu = process.cpuUsage();
  for (let tick = 1; performance.now() < startedAtMs + seconds * 1_000; tick++) {
    await publishUpTo(Math.round((tick * TICK_MS * load.keys * load.perSecond) / 1_000));
    peakResidentBytes = Math.max(peakResidentBytes, process.memoryUsage.rss());
    await sleep(Math.max(0, startedAtMs + tick * TICK_MS - performance.now()));
  }
  const { user, system } = process.cpuUsage(cpu);
  const cpuShare = (user + system) / 1_000 / (performance.now() - startedAtMs);
  const { deliveries } = server.report();
  const entries = (await store.read(CHANNEL)).map(toLatestEntry);
  process.send?.({ published, delivered: deliveries, peakResidentBytes, cpuShare, state: stateTag(entries) } satisfies TaskResult);
}

/** Each key in turn, in notifications of as many as a batch has. */
async function publishUpTo(total: number): Promise<void> {
  while (published < total) {
    const events = [];
    for (; events.length < MAX_BATCH_EVENTS && published < total; published++) {
      events.push(await store.put({ channel: CHANNEL, key: `k${published % load.keys}`, value: { type: 'message', data: text } }));
    }
    await server.offer(readLatestNotification(parseJsonObject(encodeLatestNotification(events))));
  }
}

function report(message: string, fields?: object): void {
  process.stderr.write(`${message} ${JSON.stringify(fields)}\n`);
}
