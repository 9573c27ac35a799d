import { setTimeout as sleep } from 'node:timers/promises';
import { parsePosition } from '../../../packages/protocol/cursor.ts';
import { publishEvent, type Service } from './publishing.ts';
import { openReader, type Reader } from './reader.ts';

/** What the crowd has seen in one period. */
export interface Period {
  readonly published: number;
  /** From the publication's start to each stream's event, in milliseconds, sorted. */
  readonly latenciesMs: readonly number[];
  /** Streams that have ever lacked an event, had one twice, or had them out of order. */
  readonly wrong: number;
}

/** How long the last event of a period may take to reach the last stream. */
const PATIENCE_MS = 30_000;

/** Normal clients: streams on one channel that take what they get at once, and a publisher at a steady rate. */
export class Crowd {
  readonly #users: readonly [Service, ...Service[]];
  readonly #channel: string;
  readonly #readers: Reader[] = [];
  /** What each stream has had so far. */
  readonly #seqs: number[][] = [];
  readonly #published = new Set<number>();
  #latenciesMs: number[] = [];

  /** @param users among whom the streams are divided; the first one publishes */
  constructor(users: readonly [Service, ...Service[]], channel: string) {
    this.#users = users;
    this.#channel = channel;
  }

  async open(streams: number): Promise<void> {
    await Promise.all(
      Array.from({ length: streams }, async (_, index) => {
        const seqs: number[] = [];
        this.#seqs.push(seqs);
        const onEvent = (id: string, data: string) => {
          seqs.push(parsePosition(id).seq);
          this.#latenciesMs.push(performance.now() - Number(data));
        };
        const service = this.#users[index % this.#users.length] ?? this.#users[0];
        this.#readers.push(await openReader({ service, channels: [this.#channel], onEvent }));
      }),
    );
  }

  /**
   * Publishes for a while at a steady rate, and waits until every stream has everything.
   * @param signal gives it up: the service is gone
   */
  async period(seconds: number, perSecond: number, signal?: AbortSignal): Promise<Period> {
    this.#latenciesMs = [];
    const published: Promise<number | undefined>[] = [];
    const startMs = performance.now();
    // At the times planned, and not one after the other: a service that slows down must not slow the publisher down.
    for (let index = 0; index < seconds * perSecond && !signal?.aborted; index++) {
      await sleep(Math.max(0, startMs + (index * 1_000) / perSecond - performance.now()));
      published.push(publishEvent(this.#users[0], this.#channel, String(performance.now())).catch(() => undefined));
    }
    const seqs = (await Promise.all(published)).filter((seq) => seq !== undefined);
    for (const seq of seqs) this.#published.add(seq);
    const newest = Math.max(0, ...seqs);
    const deadlineMs = performance.now() + PATIENCE_MS;
    while (this.#seqs.some((got) => (got.at(-1) ?? 0) < newest) && performance.now() < deadlineMs && !signal?.aborted) await sleep(10);
    return {
      published: seqs.length,
      latenciesMs: this.#latenciesMs.toSorted((a, b) => a - b),
      wrong: this.#seqs.filter((got) => !isRight(got, this.#published)).length,
    };
  }

  close(): void {
    for (const reader of this.#readers) reader.close();
  }
}

/** Everything that was acknowledged, in order, each once. One whose answer was lost may be there, too, and a seq that was given up may not. */
function isRight(seqs: readonly number[], published: ReadonlySet<number>): boolean {
  const got = new Set(seqs);
  return [...published].every((seq) => got.has(seq)) && seqs.every((seq, index) => index === 0 || seq > (seqs[index - 1] ?? 0));
}

/** The value below which so much of a sorted list lies. */
export function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}
