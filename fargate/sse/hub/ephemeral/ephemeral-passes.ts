import type { EphemeralEvent } from '../../../../backbone/domain/ephemeral-event.ts';
import { toChunk } from '../../chunked-coding.ts';
import { oncePerTurn } from '../../once-per-turn.ts';
import { ephemeralFrame } from '../../sse-encoding.ts';
import type { EphemeralFeed, EphemeralListener } from './ephemeral-feed.ts';

/** As many as a pass over the readers of durable channels serves before the event loop gets its turn. */
const LISTENERS_PER_TURN = 256;

/**
 * Events of one channel that may wait for the task itself: with thousands of listeners it needs several turns for each
 * of them. More than that would only be late.
 */
const MAX_WAITING = 16;

interface Offering {
  readonly event: EphemeralEvent;
  readonly chunk: Buffer;
  readonly listeners: Iterator<EphemeralListener>;
}

export interface EphemeralPassesOptions {
  /** Called when every listener was offered the event. */
  readonly onOffered: (event: EphemeralEvent) => void;
  readonly onDelivered: (events: number) => void;
  /** Called for listeners that did not get an event: they are behind, or the task is. */
  readonly onDropped: (events: number) => void;
}

/** Offers ephemeral events to their listeners: each event encoded once, each channel in order, channels in turns. */
export class EphemeralPasses {
  readonly #options: EphemeralPassesOptions;
  readonly #offerings = new Map<EphemeralFeed, Offering[]>();
  readonly #scheduleTurn = oncePerTurn(() => {
    this.#turn();
    if (this.#offerings.size > 0) this.#scheduleTurn();
  });

  constructor(options: EphemeralPassesOptions) {
    this.#options = options;
  }

  offer(feed: EphemeralFeed, event: EphemeralEvent): void {
    if (feed.listeners.size === 0) return;
    const waiting = this.#offerings.get(feed) ?? [];
    if (waiting.length >= MAX_WAITING) {
      this.#options.onDropped(feed.listeners.size);
      return;
    }
    waiting.push({ event, chunk: toChunk(ephemeralFrame(event)), listeners: feed.listeners.values() });
    this.#offerings.set(feed, waiting);
    this.#scheduleTurn();
  }

  #turn(): void {
    let budget = LISTENERS_PER_TURN;
    for (const [feed, waiting] of [...this.#offerings]) {
      while (budget > 0 && waiting.length > 0) budget -= this.#serve(waiting, budget);
      this.#offerings.delete(feed);
      if (waiting.length === 0) continue;
      // The others come first in the next turn.
      this.#offerings.set(feed, waiting);
      return;
    }
  }

  /** Offers the first event that waits to some listeners. @returns how many, but at least 1 */
  #serve(waiting: Offering[], most: number): number {
    const [offering] = waiting;
    if (offering === undefined) return 1;
    const { event, chunk, listeners } = offering;
    let taken = 0;
    let served = 0;
    for (; served < most; served++) {
      const next = listeners.next();
      if (next.done) {
        waiting.shift();
        this.#options.onOffered(event);
        break;
      }
      if (next.value.hear(event, chunk) === 'taken') taken++;
    }
    this.#options.onDelivered(taken);
    this.#options.onDropped(served - taken);
    return Math.max(1, served);
  }
}
