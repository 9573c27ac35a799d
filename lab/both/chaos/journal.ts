/** A subscriber is told that it cannot be resumed. */
export interface Reset {
  readonly kind: 'reset';
  readonly atMs: number;
  readonly reason: string;
  /** The new baseline, where the subscriber can see it. */
  readonly id?: string | undefined;
  /** The cursor that could not be resumed, where that is not simply the last event that came. */
  readonly after?: string | undefined;
}

/** What a subscriber saw of one channel. */
export type Entry =
  /** It subscribes without a cursor. Its baseline is known to it at `atMs`; until then that is infinite. */
  | { readonly kind: 'start'; atMs: number; id: string | undefined }
  | { readonly kind: 'event'; readonly atMs: number; readonly id: string; readonly type: string; readonly data: string }
  | Reset
  /** It leaves on its own account, and comes back with its cursor. */
  | { readonly kind: 'left'; readonly atMs: number }
  | { readonly kind: 'back'; readonly atMs: number }
  /** What the subscriber knows of its connection, for whoever looks for a reason. */
  | { readonly kind: 'note'; readonly atMs: number; readonly text: string };

/** `inOrder`: every event by seq and once. `atLeastOnce`: every event, in any order and any number of times. */
export type Delivery = 'inOrder' | 'atLeastOnce';

/** The record of one subscriber and one channel, kept by the subscriber, judged by the checker. */
export class Journal {
  readonly subscriber: string;
  readonly channel: string;
  readonly promised: Delivery;
  readonly entries: Entry[] = [];
  #deliveries = 0;

  constructor(subscriber: string, channel: string, promised: Delivery) {
    this.subscriber = subscriber;
    this.channel = channel;
    this.promised = promised;
  }

  get deliveries(): number {
    return this.#deliveries;
  }

  /** Whether it has had a baseline, or has left before. */
  get isStarted(): boolean {
    return this.entries.some(({ kind, atMs }) => (kind === 'start' && Number.isFinite(atMs)) || kind === 'left');
  }

  /** Begins without a cursor. The answer is to be called when the baseline is fixed, with its id where it is known. */
  start(): (id?: string) => void {
    const entry: Entry = { kind: 'start', atMs: Number.POSITIVE_INFINITY, id: undefined };
    this.entries.push(entry);
    return (id) => {
      entry.atMs = Math.min(entry.atMs, Date.now());
      // What has come meanwhile has moved the subscriber on from its baseline.
      const isNewest = this.entries.findLast(({ kind }) => kind !== 'note') === entry;
      if (isNewest) entry.id ??= id;
    };
  }

  event(event: { readonly id: string; readonly type: string; readonly data: string }): void {
    this.#deliveries += 1;
    this.entries.push({ kind: 'event', atMs: Date.now(), id: event.id, type: event.type, data: event.data });
  }

  reset(reset: Pick<Reset, 'reason' | 'id' | 'after'>): void {
    this.entries.push({ kind: 'reset', atMs: Date.now(), ...reset });
  }

  note(text: string): void {
    this.entries.push({ kind: 'note', atMs: Date.now(), text });
  }

  leave(): void {
    this.entries.push({ kind: 'left', atMs: Date.now() });
  }

  comeBack(): void {
    this.entries.push({ kind: 'back', atMs: Date.now() });
  }
}
