import { formatPosition, parsePosition, withinEpoch } from '../../../protocol/cursor.ts';
import type { Encoding, ResetReason, WireEvent } from '../../../protocol/index.ts';
import type { HistoryPage } from '../types.ts';
import { Refusal } from './refusal.ts';

interface ChannelLog {
  readonly epoch: string;
  readonly events: WireEvent[];
  /** By idempotency key. */
  readonly keys: Map<string, WireEvent>;
}

export interface Publication {
  readonly type: string;
  readonly data: string;
  readonly encoding?: Encoding | undefined;
  readonly key?: string | undefined;
}

/** What a reader at a position has missed, and where it is then. */
export interface Replay {
  readonly events: readonly WireEvent[];
  readonly position: string;
  readonly reset?: ResetReason;
}

/** The logs of durable channels, with the semantics of the lanes, but without gaps. */
export class MemoryLog {
  readonly #channels = new Map<string, ChannelLog>();
  #epochs = 0;

  /**
   * @returns the event, and whether it is new: the same key publishes once
   * @throws Refusal `idempotency_conflict`
   */
  append(channel: string, { type, data, encoding, key }: Publication): { readonly event: WireEvent; readonly isNew: boolean } {
    const log = this.#log(channel);
    const known = key === undefined ? undefined : log.keys.get(key);
    if (known !== undefined) {
      if (known.type === type && known.data === data && known.encoding === encoding) return { event: known, isNew: false };
      throw new Refusal(409, 'idempotency_conflict', `key "${key}" was used for another event of channel "${channel}"`);
    }
    const id = formatPosition({ epoch: log.epoch, seq: log.events.length + 1 });
    const event: WireEvent = { channel, id, type, data, ...(encoding && { encoding }), publishedAt: new Date().toISOString() };
    log.events.push(event);
    if (key !== undefined) log.keys.set(key, event);
    return { event, isNew: true };
  }

  /** The channel loses its log, and begins again with another epoch. */
  wipe(channel: string): void {
    this.#channels.delete(channel);
  }

  events(channel: string): readonly WireEvent[] {
    return [...this.#log(channel).events];
  }

  head(channel: string): string {
    return this.beforeLast(channel, 0);
  }

  /** Where a reader begins that wants the last events. */
  beforeLast(channel: string, last: number): string {
    const { epoch, events } = this.#log(channel);
    return formatPosition({ epoch, seq: Math.max(0, events.length - last) });
  }

  /**
   * A page of the events before one of them, or of the newest.
   * @throws InvalidInputError `invalid_cursor`
   */
  history(channel: string, before: string | undefined, last: number): HistoryPage {
    const { epoch, events } = this.#log(channel);
    const position = before === undefined ? undefined : parsePosition(before);
    const older = position === undefined ? events : events.slice(0, position.epoch === epoch ? Math.max(0, position.seq - 1) : 0);
    return { events: older.slice(-last), more: older.length > last };
  }

  /** @throws InvalidInputError `invalid_cursor` */
  replay(channel: string, after: string): Replay {
    const log = this.#log(channel);
    const { epoch, seq } = withinEpoch(parsePosition(after), log.epoch);
    const position = this.head(channel);
    if (epoch !== log.epoch) return { events: [], position, reset: 'epoch_changed' };
    if (seq > log.events.length) return { events: [], position, reset: 'ahead' };
    return { events: log.events.slice(seq), position };
  }

  /** Reading a channel begins its first epoch, too, so that every reader hears of a reset. */
  #log(channel: string): ChannelLog {
    const log = this.#channels.get(channel) ?? { epoch: `e${++this.#epochs}`, events: [], keys: new Map<string, WireEvent>() };
    this.#channels.set(channel, log);
    return log;
  }
}
