import type { ChannelEvent } from '../../../../backbone/domain/event.ts';
import { encodeNotification } from '../../../../backbone/domain/notification.ts';
import { type DeliverDependencies, type DeliveryReport, deliver, type QueueRecord } from '../../../../lambda/websocket/deliver.ts';
import type { DeliveryJob } from '../../../../lambda/websocket/domain/delivery-job.ts';
import { encodeDeliveryJob } from '../../../../lambda/websocket/domain/delivery-job.ts';
import { MemoryConnectionStore } from '../../../../lambda/websocket/memory/memory-connection-store.ts';
import { EVERYBODY } from '../../../support/access.ts';
import { ManualClock } from '../../../support/manual-clock.ts';
import { recordTelemetry } from '../../support/recorded-telemetry.ts';
import { MemoryDeliveryQueue } from './memory-delivery-queue.ts';
import { runToEnd } from './run-to-end.ts';
import { type Script, ScriptedPoster } from './scripted-poster.ts';

export function channelEvent(seq: number, channel = 'demo'): ChannelEvent {
  return { channel, epoch: 'e', seq, type: 'message', data: `${channel}-${seq}`, publishedAtMs: 0 };
}

export function notified(seq: number, channel = 'demo'): QueueRecord {
  return { messageId: `m-${channel}-${seq}`, body: encodeNotification([channelEvent(seq, channel)]) };
}

/** One notification for several events. */
export function notifiedTogether(seqs: readonly number[], channel = 'demo'): QueueRecord {
  return { messageId: `m-${channel}-${seqs.join()}`, body: encodeNotification(seqs.map((seq) => channelEvent(seq, channel))) };
}

export function queued(job: DeliveryJob, messageId = 'm-job'): QueueRecord {
  return { messageId, body: encodeDeliveryJob(job) };
}

/** A fan-out over everything in memory, with connections that are subscribed to channels. */
export async function openFanOut(subscriptions: Readonly<Record<string, readonly string[]>>, script?: Script, postConcurrency = 50) {
  const clock = new ManualClock();
  const store = new MemoryConnectionStore({ clock, connectionTtlMs: 7_800_000 });
  const poster = new ScriptedPoster(script);
  const queue = new MemoryDeliveryQueue();
  const { telemetry, lines } = recordTelemetry('websocket');
  for (const connectionId of new Set(Object.values(subscriptions).flat())) {
    await store.open({ ...EVERYBODY, connectionId, connectedAtMs: clock.nowMs() });
  }
  for (const [channel, connectionIds] of Object.entries(subscriptions)) {
    for (const connectionId of connectionIds) await store.subscribe(connectionId, channel);
  }
  const deps: DeliverDependencies = { store, poster, queue, clock, random: () => 0.5, postConcurrency };

  return {
    clock,
    store,
    poster,
    queue,
    lines,
    subscribersOf: async (channel = 'demo') => (await store.subscribers(channel, 10_000)).subscribers,
    /** One invocation. */
    deliver(
      records: readonly QueueRecord[],
      options: { readonly timeMs?: number; readonly deps?: Partial<DeliverDependencies> } = {},
    ): Promise<DeliveryReport> {
      const deadlineMs = clock.nowMs() + (options.timeMs ?? 25_000);
      return runToEnd(clock, deliver(records, deadlineMs, { ...deps, ...options.deps }, telemetry));
    },
    /** The data of the events that a connection has got, in order. */
    got: (connectionId: string) => poster.sentTo(connectionId).map((frame) => (frame.kind === 'event' ? frame.data : frame.kind)),
  };
}

/** `c0000`, `c0001`, … */
export function connectionIds(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `c${String(index).padStart(4, '0')}`);
}
