import { setTimeout as sleep } from 'node:timers/promises';
import type { ChannelPosition } from '../../packages/protocol/cursor.ts';
import { STREAMS_PER_PROCESS } from '../shared/machine.ts';
import type { FleetCounts, FleetResult } from './fleet.ts';
import type { LaneTarget } from './lane.ts';
import { type LoadOptions, newRunName } from './options.ts';
import { encodePayload, monotonicUs } from './payload.ts';
import { atRate, createHttpPublisher, createSocketPublisher, type Publisher } from './publisher.ts';
import { addUp, type LoadResult, type Publishing, toResult } from './result.ts';
import { speaksHttp2 } from './sse-http2-lane.ts';
import type { LaneKind } from './worker-protocol.ts';
import { Workers } from './workers.ts';

/**
 * How long to wait for streams that are still opening, and for answers to publications; and without a new message, before what
 * is missing counts as lost. The client library of the WebSocket lane asks again for what is missing, after up to 5 s.
 */
const PATIENCE_MS = { opening: 30_000, answers: 10_000, silence: 3_000, socketSilence: 12_000, afterSignal: 1_000 };

const LOOK_INTERVAL_MS = 50;
const PROGRESS_INTERVAL_MS = 250;

/** What the progress line shows. */
export interface LoadProgress {
  readonly counts: FleetCounts;
  readonly published: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/**
 * Opens the streams, publishes, and answers with what was seen. Where the signal aborts, with what was seen by then.
 * @throws NothingOpenedError, or Error when the server cannot be reached for publishing
 */
export async function drive(options: LoadOptions, signal: AbortSignal, onProgress: (progress: LoadProgress) => void): Promise<LoadResult> {
  const { streams, connectsPerSecond, streamsPerConnection } = options;
  const lane = await laneOf(options);
  const run = newRunName();
  const publisher = options.rate === 0 ? undefined : await createPublisher(options);
  const workers = new Workers(Math.ceil(streams / STREAMS_PER_PROCESS));
  const publishing = new OpenLoop(options, run, publisher);
  const watching = setInterval(
    () => onProgress({ counts: workers.counts, published: publishing.outcome.published, ...workers.latencyMs }),
    PROGRESS_INTERVAL_MS,
  );
  try {
    const startMs = performance.now();
    workers.open({ lane, target: targetOf(options), run, streams, connectsPerSecond, streamsPerConnection });
    const settled = () => workers.counts.open + workers.counts.failed + workers.counts.ended >= streams;
    await until(settled, (streams / connectsPerSecond) * 1_000 + PATIENCE_MS.opening, signal);
    const opensPerSecond = (workers.counts.open * 1_000) / (performance.now() - startMs);

    if (workers.counts.open === 0 && !signal.aborted) throw new NothingOpenedError(await workers.finish([]));

    workers.beginMeasuring();
    if (publisher === undefined) await sleep(options.seconds * 1_000, undefined, { signal }).catch(() => undefined);
    else await publishing.run(signal);
    const silenceMs = lane === 'websocket' ? PATIENCE_MS.socketSilence : PATIENCE_MS.silence;
    await untilDelivered(workers, publishing.acknowledged.length, signal.aborted ? PATIENCE_MS.afterSignal : silenceMs);
    const driverShare = workers.busiestShare();
    const fleets = await workers.finish(publishing.acknowledged);
    return toResult({ lane, streams, opensPerSecond, fleets, publishing: publishing.outcome, driverShare });
  } finally {
    clearInterval(watching);
    publisher?.close();
    await workers.stop();
  }
}

/** No stream could be opened. The message says why, and how often. */
export class NothingOpenedError extends Error {
  override readonly name = 'NothingOpenedError';

  constructor(fleets: readonly FleetResult[]) {
    const reasons = Object.entries(addUp(fleets.map((fleet) => fleet.reasons))).map(([reason, count]) => `${reason} (${count} times)`);
    super(`no stream opened: ${reasons.join(', ') || 'no answer'}`);
  }
}

function targetOf({ url, channel, token, insecure }: LoadOptions): LaneTarget {
  return { url, channel, token, insecure };
}

async function laneOf({ lane, url, http1, insecure }: LoadOptions): Promise<LaneKind> {
  if (lane !== 'sse') return lane;
  return url.startsWith('https:') && !http1 && (await speaksHttp2({ url, insecure })) ? 'sse-http2' : 'sse-http1';
}

async function createPublisher(options: LoadOptions): Promise<Publisher> {
  const target = targetOf(options);
  return options.lane === 'websocket' ? createSocketPublisher(target) : createHttpPublisher(target);
}

async function until(condition: () => boolean, withinMs: number, signal?: AbortSignal): Promise<void> {
  const deadlineMs = performance.now() + withinMs;
  while (!condition() && performance.now() < deadlineMs && signal?.aborted !== true) await sleep(LOOK_INTERVAL_MS);
}

/** Waits until every open stream has every event, or nothing comes any more. */
async function untilDelivered(workers: Workers, events: number, silenceMs: number): Promise<void> {
  for (let before = -1; workers.counts.received > before; ) {
    before = workers.counts.received;
    const isLacking = () => workers.counts.received < events * workers.counts.open;
    if (isLacking()) await until(() => workers.counts.received > before, silenceMs);
  }
}

/** Publishes at the planned times and remembers what was acknowledged. */
class OpenLoop {
  readonly acknowledged: ChannelPosition[] = [];
  readonly #options: LoadOptions;
  readonly #run: string;
  readonly #publisher: Publisher | undefined;
  readonly #failures: Record<string, number> = {};
  #published = 0;
  #seconds = 0;

  constructor(options: LoadOptions, run: string, publisher: Publisher | undefined) {
    this.#options = options;
    this.#run = run;
    this.#publisher = publisher;
  }

  get outcome(): Publishing {
    return {
      published: this.#published,
      acknowledged: this.acknowledged.length,
      failures: this.#failures,
      seconds: this.#seconds,
    };
  }

  /** Resolves when every publication was answered, or nobody waits any more. */
  async run(signal: AbortSignal): Promise<void> {
    const { rate, seconds, dataBytes } = this.#options;
    const startMs = performance.now();
    const offsetUs = monotonicUs() - startMs * 1_000;
    const answers: Promise<void>[] = [];
    await atRate(rate, Math.max(1, Math.round(rate * seconds)), signal, (plannedMs) => {
      const atUs = Math.round(plannedMs * 1_000 + offsetUs);
      answers.push(this.#publish(encodePayload({ run: this.#run, atUs }, dataBytes)));
      this.#seconds = this.#published / rate;
    });
    await Promise.race([
      Promise.all(answers),
      sleep(signal.aborted ? PATIENCE_MS.afterSignal : PATIENCE_MS.answers, undefined, { ref: false }),
    ]);
  }

  async #publish(data: string): Promise<void> {
    this.#published++;
    try {
      const position = await this.#publisher?.publish(data);
      if (position !== undefined) this.acknowledged.push(position);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.#failures[reason] = (this.#failures[reason] ?? 0) + 1;
    }
  }
}
