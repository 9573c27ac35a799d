import { computed, type ReadonlySignal, signal } from '@preact/signals';
import type { ChannelLatest, LatestValue } from '../../client/src/index.ts';
import type { LaneNotice, LaneObserver, LaneState, ReceivedEvent } from '../lanes/observer.ts';
import type { Timetable } from './timetable.ts';

/** Rows kept per pane: enough to look back, few enough to render at once. */
export const MAX_ROWS = 100;

/** How many live events the median latency is taken from. */
const MEDIAN_OVER = 50;

export interface EventRow {
  readonly kind: 'event';
  readonly key: number;
  readonly event: ReceivedEvent;
  readonly replayed: boolean;
  /** From publication to arrival; undefined while the time of publication is not known. */
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
  /** Newest first, at most {@link MAX_ROWS}. */
  readonly rows = signal<readonly (EventRow | NoticeRow)[]>([]);
  /** What a `latest` channel holds, by its keys; empty if the channel is none. */
  readonly latest = signal<ReadonlyMap<string, LatestValue>>(new Map());
  readonly counters = signal<Counters>({ received: 0, repeats: 0, gaps: 0, reconnects: 0 });
  readonly lastId = signal<string | undefined>(undefined);
  readonly medianLatencyMs = computed(() => median(this.rows.value));
  readonly #timetable: Timetable;
  #keys = 0;

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
    this.rows.value = [row, ...this.rows.value].slice(0, MAX_ROWS);
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
