import type { LatestEvent } from '../../../../backbone/domain/latest-event.ts';
import { inParallel } from '../../../../backbone/services/in-parallel.ts';
import type { Logger } from '../../../../backbone/telemetry/logger.ts';
import { latencyOf } from '../../../../backbone/telemetry/trace.ts';
import type { HubCounter } from '../hub-counts.ts';
import { LatestFeeds, type LatestFeedsOptions } from './latest-feeds.ts';
import { LatestPasses } from './latest-passes.ts';

export interface LatestChannelsOptions extends Omit<LatestFeedsOptions, 'onChanged'> {
  readonly counter: HubCounter;
  readonly logger: Logger;
}

/** Channels that are compared with the table at the same time. */
const COMPARED_AT_ONCE = 4;

/** The `latest` channels of one task. */
export class LatestChannels {
  readonly feeds: LatestFeeds;
  readonly #options: LatestChannelsOptions;

  constructor(options: LatestChannelsOptions) {
    const { clock, counter } = options;
    this.#options = options;
    const passes = new LatestPasses((event) => counter.addLatency(latencyOf(event, clock.nowMs())));
    this.feeds = new LatestFeeds({ ...options, onChanged: (feed) => passes.schedule(feed) });
  }

  /** Takes a notification. */
  offer(event: LatestEvent): void {
    const feed = this.feeds.get(event.channel);
    if (feed !== undefined && !feed.offer(event)) this.#options.counter.add('repeatsDropped');
  }

  /** Finds what notifications have not told, and what has expired. */
  async compare(): Promise<void> {
    await inParallel(this.feeds.open(), COMPARED_AT_ONCE, async (feed) => {
      try {
        await feed.compare();
      } catch (error) {
        this.#options.logger.warn('could not compare a channel with the table', { channel: feed.channel, error });
      }
    });
  }
}
