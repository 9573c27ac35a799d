import { type EphemeralEvent, isTooLate } from '../../../../backbone/domain/ephemeral-event.ts';
import type { Clock } from '../../../../backbone/ports.ts';
import { latencyOf } from '../../../../backbone/telemetry/trace.ts';
import type { HubCounter } from '../hub-counts.ts';
import { EphemeralFeeds, type EphemeralFeedsOptions } from './ephemeral-feeds.ts';
import { EphemeralPasses } from './ephemeral-passes.ts';

export interface EphemeralChannelsOptions extends EphemeralFeedsOptions {
  readonly clock: Clock;
  readonly counter: HubCounter;
}

/** The ephemeral channels of one task. Nothing waits for them, and nobody is closed because of them. */
export class EphemeralChannels {
  readonly feeds: EphemeralFeeds;
  readonly #passes: EphemeralPasses;
  readonly #clock: Clock;
  readonly #counter: HubCounter;

  constructor(options: EphemeralChannelsOptions) {
    const { clock, counter } = options;
    this.#clock = clock;
    this.#counter = counter;
    this.feeds = new EphemeralFeeds(options);
    this.#passes = new EphemeralPasses({
      onOffered: (event) => counter.addLatency(latencyOf(event, clock.nowMs())),
      onDelivered: (events) => counter.add('deliveries', events),
      onDropped: (events) => counter.add('ephemeralDropped', events),
    });
  }

  /** Takes a notification. Whoever cannot take the event now does not get it. */
  offer(event: EphemeralEvent): void {
    const feed = this.feeds.get(event.channel);
    if (feed === undefined) return;
    if (isTooLate(event, this.#clock.nowMs())) this.#counter.add('ephemeralDropped', feed.listeners.size);
    else if (feed.takes(event)) this.#passes.offer(feed, event);
    else this.#counter.add('repeatsDropped');
  }
}
