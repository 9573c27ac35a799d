import type { BatchResult, ResetReason, WireEvent } from '../../../protocol/index.ts';
import type { WireContent } from '../../src/types.ts';

type Entry = WireEvent | 'open gap' | 'tombstone';

interface ChannelLog {
  readonly epoch: string;
  readonly entries: Entry[];
  /** Seqs up to it are past retention. */
  expired: number;
  readonly keys: Map<string, WireEvent>;
}

export interface Replay {
  readonly events: readonly WireEvent[];
  /** Everything that exists up to here is among the events. */
  readonly settled: string;
  readonly reset?: ResetReason;
}

/** An event log in memory, with the semantics of docs/architecture.md. */
export class StubLog {
  readonly #channels = new Map<string, ChannelLog>();
  #epochs = 0;
  /** Called after an event was written, and without one after tombstones were added. */
  onChange: (channel: string, event?: WireEvent) => void = () => {};

  publish(channel: string, { type = 'message', data = '', encoding, key }: WireContent & { readonly key?: string | undefined }): WireEvent {
    const log = this.#log(channel);
    const known = log.keys.get(key ?? '');
    if (known !== undefined) return known;
    const event: WireEvent = {
      channel,
      id: `${log.epoch}.${log.entries.length + 1}`,
      type,
      data,
      ...(encoding && { encoding }),
      publishedAt: new Date().toISOString(),
    };
    log.entries.push(event);
    if (key !== undefined) log.keys.set(key, event);
    this.onChange(channel, event);
    return event;
  }

  /** @param loses whether the last event is not published this time */
  publishBatch(channel: string, events: readonly WireContent[], key: string | undefined, loses: boolean): readonly BatchResult[] {
    return events.map((event, index) => {
      if (loses && index === events.length - 1) return { error: { code: 'publish_contended', message: 'its place was lost' } };
      const { id, publishedAt } = this.publish(channel, { ...event, key: key && `${key} ${index}` });
      return { id, publishedAt };
    });
  }

  openGap(channel: string): void {
    this.#log(channel).entries.push('open gap');
  }

  addTombstones(channel: string): void {
    const { entries } = this.#log(channel);
    for (const [index, entry] of entries.entries()) if (entry === 'open gap') entries[index] = 'tombstone';
    this.onChange(channel);
  }

  wipe(channel: string): void {
    this.#channels.delete(channel);
  }

  restore(channel: string, seq: number): void {
    this.#log(channel).entries.length = seq;
  }

  expire(channel: string): void {
    const log = this.#log(channel);
    log.expired = log.entries.length;
  }

  events(channel: string): readonly WireEvent[] {
    return this.#log(channel).entries.filter((entry) => typeof entry === 'object');
  }

  /** The newest seq that was assigned. */
  head(channel: string): string {
    const { epoch, entries } = this.#log(channel);
    return `${epoch}.${entries.length}`;
  }

  /** Where a subscription without a cursor starts. */
  baseline(channel: string): string {
    const { epoch, entries } = this.#log(channel);
    const gap = entries.indexOf('open gap');
    return `${epoch}.${gap < 0 ? entries.length : gap}`;
  }

  /** Before the last events that a subscriber begins with. */
  beforeLast(channel: string, last: number): string {
    const { epoch, entries, expired } = this.#log(channel);
    const settled = seqOf(this.baseline(channel));
    const kept = entries.map((entry, index) => ({ entry, seq: index + 1 })).slice(expired, settled);
    const first = kept.filter(({ entry }) => typeof entry === 'object').at(-last) ?? kept[0];
    return `${epoch}.${(first?.seq ?? settled + 1) - 1}`;
  }

  /** A page of the events before one of them, or of the newest. */
  history(channel: string, before: string | undefined, last: number): { readonly events: readonly WireEvent[]; readonly more: boolean } {
    const { entries, expired } = this.#log(channel);
    const upTo = before === undefined ? seqOf(this.baseline(channel)) : seqOf(before) - 1;
    const events = entries.slice(expired, upTo).filter((entry) => typeof entry === 'object');
    return { events: events.slice(-last), more: events.length > last };
  }

  /** What a client that was at `after` has missed, or why it cannot be resumed. */
  replay(channel: string, after: string): Replay {
    const { epoch, entries, expired } = this.#log(channel);
    const seq = seqOf(after);
    if (epochOf(after) !== epoch) return this.#resetTo(channel, 'epoch_changed');
    if (seq > entries.length) return this.#resetTo(channel, 'ahead');
    if (seq < expired) return this.#resetTo(channel, 'expired');
    const gap = entries.indexOf('open gap');
    return {
      events: entries.slice(seq).filter((entry) => typeof entry === 'object'),
      settled: `${epoch}.${gap < 0 ? entries.length : Math.max(gap, seq)}`,
    };
  }

  #resetTo(channel: string, reset: ResetReason): Replay {
    return { ...this.replay(channel, this.baseline(channel)), reset };
  }

  #log(channel: string): ChannelLog {
    const log = this.#channels.get(channel) ?? { epoch: `e${++this.#epochs}`, entries: [], expired: 0, keys: new Map() };
    this.#channels.set(channel, log);
    return log;
  }
}

export function epochOf(id: string): string {
  return id.slice(0, id.lastIndexOf('.'));
}

export function seqOf(id: string): number {
  return Number(id.slice(id.lastIndexOf('.') + 1));
}
