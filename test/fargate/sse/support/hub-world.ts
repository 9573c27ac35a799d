import type { ChannelEvent } from '../../../../backbone/domain/event.ts';
import { MemoryEventBus } from '../../../../backbone/memory/memory-event-bus.ts';
import { MemoryEventLog } from '../../../../backbone/memory/memory-event-log.ts';
import { MemoryPresenceStore } from '../../../../backbone/memory/memory-presence-store.ts';
import { publish } from '../../../../backbone/services/publisher.ts';
import type { Logger } from '../../../../backbone/telemetry/logger.ts';
import { createTaskBudget, type TaskBudget } from '../../../../fargate/sse/budget/task-budget.ts';
import { Hub, type HubOptions } from '../../../../fargate/sse/hub/hub.ts';
import type { Stream } from '../../../../fargate/sse/hub/stream.ts';
import { type Cursor, parseCursor } from '../../../../packages/protocol/cursor.ts';
import { ManualClock } from '../../../support/manual-clock.ts';
import { FakeSink } from './fake-sink.ts';

export const RETENTION_MS = 3_600_000;
export const GRACE_MS = 5_000;

export const silentLogger: Logger = { info: () => {}, warn: () => {}, error: () => {} };

/** A hub, the log that it reads, and publishers whose notifications the test delivers. */
export class HubWorld {
  readonly clock = new ManualClock();
  readonly log = new MemoryEventLog({ clock: this.clock, retentionMs: RETENTION_MS });
  readonly bus = new MemoryEventBus();
  readonly presence = new MemoryPresenceStore({ clock: this.clock });
  readonly budget: TaskBudget;
  readonly hub: Hub;

  constructor(options: Partial<HubOptions> = {}) {
    this.budget = options.budget ?? createTaskBudget(512 * 1024 * 1024);
    this.hub = new Hub({
      budget: this.budget,
      log: this.log,
      presenceStore: this.presence,
      presenceBus: this.bus,
      clock: this.clock,
      logger: silentLogger,
      retentionMs: RETENTION_MS,
      graceMs: GRACE_MS,
      heartbeatIntervalMs: 15_000,
      headCheckIntervalMs: 30_000,
      retryMinMs: 1_000,
      retryMaxMs: 5_000,
      maxStreams: 1_000,
      maxUnsentBytes: 1_000_000,
      ...options,
    });
  }

  /** Publishes an event whose notification is lost, unless the test offers it. */
  async store(channel: string, data: string): Promise<ChannelEvent> {
    const { log, bus, clock } = this;
    return publish({ channel, type: 'message', data }, 'tests', { log, bus, clock, publishTimeoutMs: 2_000 });
  }

  /** Publishes an event, and delivers its notification. */
  async publish(channel: string, data: string): Promise<ChannelEvent> {
    const event = await this.store(channel, data);
    this.hub.offer(event);
    return event;
  }

  /** Attaches a stream; it may not be open yet. */
  attach(channels: readonly string[], lastEventId?: string, sink = new FakeSink()): { stream: Stream; sink: FakeSink } {
    const cursor: Cursor | undefined = lastEventId === undefined ? undefined : parseCursor(lastEventId, channels);
    const attachment = this.hub.attach({ channels, cursor }, sink);
    if (attachment.kind !== 'attached') throw new Error(attachment.kind);
    return { stream: attachment.stream, sink };
  }

  /** Attaches a stream that has its opening. */
  async open(channels: readonly string[], lastEventId?: string, sink = new FakeSink()): Promise<{ stream: Stream; sink: FakeSink }> {
    const attached = this.attach(channels, lastEventId, sink);
    await attached.stream.opened;
    return attached;
  }
}

export function idOf({ epoch, seq }: ChannelEvent): string {
  return `${epoch}.${seq}`;
}
