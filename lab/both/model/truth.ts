import type { ChannelEvent } from '../../../backbone/domain/event.ts';
import type { EventLog } from '../../../backbone/ports.ts';
import { type ChannelPosition, formatPosition } from '../../../packages/protocol/cursor.ts';
import type { SimulatedTime } from './simulation.ts';

export interface Written {
  readonly event: ChannelEvent;
  /** When it came into the log. */
  readonly at: SimulatedTime;
}

export interface Acknowledged {
  readonly event: ChannelEvent;
  /** What was published: the same for all tries of one publication. */
  readonly publication: string;
}

/** What really happened, seen from outside: what came into the log, and what callers were told. */
export class Truth {
  readonly written = new Map<string, Written>();
  readonly acknowledged: Acknowledged[] = [];
  wiped = false;

  /** The log, watched. */
  watch(log: EventLog, now: () => SimulatedTime): EventLog {
    return {
      allocate: (...args) => log.allocate(...args),
      head: (channel) => log.head(channel),
      heads: (channels) => log.heads(channels),
      read: (...args) => log.read(...args),
      readBack: (...args) => log.readBack(...args),
      tombstone: (...args) => log.tombstone(...args),
      claim: (...args) => log.claim(...args),
      setClaim: (...args) => log.setClaim(...args),
      markNotified: (...args) => log.markNotified(...args),
      append: async (event, publicationId) => {
        const outcome = await log.append(event, publicationId);
        const id = idOf(event.channel, event);
        if (outcome.kind === 'stored' && !this.written.has(id)) this.written.set(id, { event: outcome.event, at: now() });
        return outcome;
      },
    };
  }

  acknowledge(publication: string, event: ChannelEvent): void {
    this.acknowledged.push({ publication, event });
  }

  /** The events of an epoch that are in the log, in order. */
  eventsOf(channel: string, epoch: string): readonly Written[] {
    return [...this.written.values()]
      .filter(({ event }) => event.channel === channel && event.epoch === epoch)
      .sort((a, b) => a.event.seq - b.event.seq);
  }

  find(channel: string, position: ChannelPosition): Written | undefined {
    return this.written.get(idOf(channel, position));
  }

  isAcknowledged({ channel, epoch, seq }: ChannelEvent): boolean {
    return this.acknowledged.some(({ event }) => event.channel === channel && event.epoch === epoch && event.seq === seq);
  }
}

export function idOf(channel: string, position: ChannelPosition): string {
  return `${channel}=${formatPosition(position)}`;
}
