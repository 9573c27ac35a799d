import type { ChannelEvent } from '../../../../backbone/domain/event.ts';
import { MemoryEventBus } from '../../../../backbone/memory/memory-event-bus.ts';
import { MemoryEventLog } from '../../../../backbone/memory/memory-event-log.ts';
import { LogReader } from '../../../../backbone/services/log-reader.ts';
import { publish } from '../../../../backbone/services/publisher.ts';
import { RingMemory } from '../../../../fargate/sse/budget/ring-memory.ts';
import { Feed } from '../../../../fargate/sse/hub/feed.ts';
import { Permits } from '../../../../fargate/sse/hub/permits.ts';
import { ManualClock } from '../../../support/manual-clock.ts';
import { GRACE_MS, RETENTION_MS, silentLogger } from './hub-world.ts';

/** A log, and at most one feed of its channel `demo`. */
export class FeedWorld {
  readonly clock = new ManualClock();
  readonly log = new MemoryEventLog({ clock: this.clock, retentionMs: RETENTION_MS });
  tombstoned = 0;
  #feed: Feed | undefined;

  make(): Feed {
    const { log, clock } = this;
    this.#feed = new Feed('demo', {
      log,
      reader: new LogReader({ log, clock, retentionMs: RETENTION_MS, graceMs: GRACE_MS }),
      clock,
      logger: silentLogger,
      graceMs: GRACE_MS,
      retentionMs: RETENTION_MS,
      onAdvanced: () => {},
      pace: () => undefined,
      onRepeat: () => {},
      ringMemory: new RingMemory(64 * 1024 * 1024),
      onTombstoned: (gaps) => {
        this.tombstoned += gaps;
      },
    });
    void this.#feed.wantedBy(new Permits(1).for('ann'));
    return this.#feed;
  }

  async open(): Promise<Feed> {
    const feed = this.make();
    await feed.opened;
    return feed;
  }

  async store(data: string): Promise<ChannelEvent> {
    const { log, clock } = this;
    return publish({ channel: 'demo', type: 'message', data }, 'tests', { log, clock, bus: new MemoryEventBus(), publishTimeoutMs: 2_000 });
  }

  close(): void {
    this.#feed?.close();
  }
}

/** What the ring has taken in, resets included. */
export function content({ ring }: Feed): readonly string[] {
  return Array.from({ length: ring.end - ring.start }, (_, index) => {
    const { content, position } = ring.at(ring.start + index);
    return content.kind === 'event' ? content.event.data : `reset ${content.reason} ${position.epoch}.${position.seq}`;
  });
}
