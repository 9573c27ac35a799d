import { computed, type ReadonlySignal, signal } from '@preact/signals';
import type { ChannelLatest, LatestValue } from '../../client/src/index.ts';
import type { LaneNotice, LaneObserver, LaneState, ReceivedEvent } from '../lanes/observer.ts';
import type { Timetable } from './timetable.ts';

/** Rows kept per pane, besides those that were loaded from the history: enough to look back, few enough to render at once. */
export const MAX_ROWS = 100;

/** How many live events the median latency is taken from. */
const MEDIAN_OVER = 50;

export interface EventRow {
  readonly kind: 'event';
  readonly key: number;
  readonly event: ReceivedEvent;
  readonly replayed: boolean;
  /** From publication to arrival; undefined while the time of publication is not known, and for events of the history. */
  readonly latencyMs: ReadonlySignal<number | undefined>;
}

export interface NoticeRow {
  readonly kind: 'notice';
  readonly key: number;
  readonly notice: LaneNotice;
}

export interface Counters {
  readonly received: number;
  readonly repeats: number;
  readonly gaps: number;
  readonly reconnects: number;
}

/** What one pane shows. The lane fills it as its observer. */
export class Pane implements LaneObserver {
  readonly state = signal<LaneState>({ kind: 'connecting' });
  /** Newest first. */
  readonly rows = signal<readonly (EventRow | NoticeRow)[]>([]);
  /** What a `latest` channel holds, by its keys; empty if the channel is none. */
  readonly latest = signal<ReadonlyMap<string, LatestValue>>(new Map());
  readonly counters = signal<Counters>({ received: 0, repeats: 0, gaps: 0, reconnects: 0 });
  /** False once the lane has said that nothing older is kept. */
  readonly hasOlder = signal(true);
  readonly lastId = signal<string | undefined>(undefined);
  readonly medianLatencyMs = computed(() => median(this.rows.value));
  readonly #timetable: Timetable;
  #keys = 0;
  #maxRows = MAX_ROWS;

  constructor(timetable: Timetable) {
    this.#timetable = timetable;
  }

  onState(state: LaneState): void {
    this.state.value = state;
    // A new connection brings all keys that there are.
    if (state.kind === 'connecting') this.latest.value = new Map();
  }

  onEvent(event: ReceivedEvent, arrival: 'live' | 'replayed'): void {
    const receivedAtMs = Date.now();
    const publishedAtMs = this.#timetable.timeOf(event);
    const latencyMs = computed(() => (publishedAtMs.value === undefined ? undefined : receivedAtMs - publishedAtMs.value));
    this.#add({ kind: 'event', key: ++this.#keys, event, replayed: arrival === 'replayed', latencyMs });
    this.#count('received');
    if (event.id !== '') this.lastId.value = event.id;
  }

  onLatest(item: ChannelLatest): void {
    const latest = new Map(this.latest.value);
    if (item.removed) latest.delete(item.key);
    else latest.set(item.key, item);
    this.latest.value = latest;
    this.#count('received');
  }

  /** The oldest event that is shown. */
  get oldestId(): string | undefined {
    return this.rows.value.findLast((row) => row.kind === 'event')?.event.id;
  }

  onOlder(events: readonly ReceivedEvent[]): void {
    this.hasOlder.value = events.length > 0;
    // If nothing was shown when the newest were asked for, some may have come in the meantime.
    const shown = new Set(this.rows.value.map((row) => row.kind === 'event' && row.event.id));
    const older = events
      .filter(({ id }) => !shown.has(id))
      .map((event): EventRow => ({ kind: 'event', key: ++this.#keys, event, replayed: false, latencyMs: signal(undefined) }));
    this.#maxRows += older.length;
    this.rows.value = [...this.rows.value, ...older.reverse()];
  }

  onRepeat(): void {
    this.#count('repeats');
  }

  onNotice(notice: LaneNotice): void {
    if (notice.kind === 'resumed') this.#count('reconnects');
    if (notice.kind === 'mended') this.#count('gaps');
    this.#add({ kind: 'notice', key: ++this.#keys, notice });
  }

  #count(counter: keyof Counters): void {
    this.counters.value = { ...this.counters.value, [counter]: this.counters.value[counter] + 1 };
  }

  #add(row: EventRow | NoticeRow): void {
    this.rows.value = [row, ...this.rows.value].slice(0, this.#maxRows);
  }
}

function median(rows: readonly (EventRow | NoticeRow)[]): number | undefined {
  const latencies = rows
    .flatMap((row) => (row.kind === 'event' && !row.replayed ? [row.latencyMs.value] : []))
    .filter((latency) => latency !== undefined)
    .slice(0, MEDIAN_OVER)
    .sort((a, b) => a - b);
  return latencies[Math.floor(latencies.length / 2)];
}
