import { createLatencyHistogram } from '../../load/fleet.ts';
import { monotonicUs } from '../../load/payload.ts';

interface Published {
  readonly data: string;
  readonly atUs: number;
  /** Streams that have not got it yet. */
  missing: number;
}

/** Checks that every stream gets every event once, in the order of publication and unchanged, and knows which have reached all. */
export class Deliveries {
  histogram = createLatencyHistogram();
  readonly problems: string[] = [];
  readonly #streams: number;
  readonly #dataBytes: number;
  readonly #events: Published[] = [];
  /** Events before this one have reached every stream. */
  #complete = 0;
  #waiting: { readonly events: number; readonly resolve: () => void } | undefined;

  constructor(streams: number, dataBytes: number) {
    this.#streams = streams;
    this.#dataBytes = dataBytes;
  }

  /** Events so far. */
  get published(): number {
    return this.#events.length;
  }

  /** The data of the next event. @param atUs when it is or was to be published, by the clock of `monotonicUs` */
  next(atUs: number): string {
    const data = `{"seq":${this.#events.length}}`.padEnd(this.#dataBytes, '.');
    this.#events.push({ data, atUs, missing: this.#streams });
    return data;
  }

  /** What a new stream calls with the data of each event. */
  newStream(): (data: string) => void {
    let next = this.#events.length;
    return (data) => {
      const event = this.#events[next];
      if (event?.data !== data) {
        if (this.problems.length === 0)
          this.problems.push(`a stream got ${JSON.stringify(data.slice(0, 40))} in the place of event ${next}`);
        return;
      }
      next++;
      event.missing--;
      this.histogram.recordValue(Math.max(0, Math.round(monotonicUs() - event.atUs)));
      if (event.missing === 0) this.#advance();
    };
  }

  /** Resolves when so many events have reached every stream, or the signal aborts. */
  until(events: number, signal: AbortSignal): Promise<void> {
    if (this.#complete >= events || signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const done = () => {
        signal.removeEventListener('abort', done);
        resolve();
      };
      signal.addEventListener('abort', done, { once: true });
      this.#waiting = { events, resolve: done };
    });
  }

  #advance(): void {
    while (this.#events[this.#complete]?.missing === 0) this.#complete++;
    if (this.#waiting === undefined || this.#complete < this.#waiting.events) return;
    const { resolve } = this.#waiting;
    this.#waiting = undefined;
    resolve();
  }
}
