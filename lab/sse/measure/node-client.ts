import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'undici';
import { createLatencyHistogram } from '../../load/fleet.ts';
import { monotonicUs } from '../../load/payload.ts';
import { atRate } from '../../load/publisher.ts';
import type { Peer, RunningPeer } from '../peers/peer.ts';
import { Deliveries } from './deliveries.ts';
import { type MessageStream, openMessageStream } from './message-stream.ts';
import { cpuSeconds, memoryUse } from './usage.ts';
import type { Connecting, Delivering, Load, LoadClient, Measurement, Workload } from './workload.ts';

/** Streams that are being opened at once. */
const OPENING = 256;

const WARM_UP_EVENTS = 10;

/** As in the client in C. */
const SETTLE_MS = { idle: 3_000, loaded: 500 };
const TIMEOUT_MS = 180_000;

/** Publications on the way on the one connection, so that they are sent in order and none waits for the answer to another. */
const PIPELINED = 64;

/** A load client in TypeScript, for machines without a compiler. It runs in this process, and is slower than some of the servers. */
export function createNodeClient(reason: string): LoadClient {
  return {
    name: `TypeScript, in the process of the bench, which some servers outrun (${reason})`,
    measure: async (peer, server, workload, signal) => {
      const run = new Run(peer, server, workload, signal);
      try {
        return await run.measure();
      } finally {
        run.close();
      }
    },
  };
}

class Run {
  readonly #peer: Peer;
  readonly #server: RunningPeer;
  readonly #workload: Workload;
  readonly #signal: AbortSignal;
  readonly #deliveries: Deliveries;
  readonly #streams: MessageStream[] = [];
  readonly #publisher: Client;
  readonly #problems: string[] = [];

  constructor(peer: Peer, server: RunningPeer, workload: Workload, signal: AbortSignal) {
    this.#peer = peer;
    this.#server = server;
    this.#workload = workload;
    this.#signal = AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]);
    this.#deliveries = new Deliveries(workload.streams, workload.dataBytes);
    this.#publisher = new Client(`http://127.0.0.1:${server.publishPort}`, { pipelining: PIPELINED });
  }

  async measure(): Promise<Measurement> {
    const { load } = this.#workload;
    const connecting = await this.#connect(load.kind === 'idle' ? SETTLE_MS.idle : SETTLE_MS.loaded);
    const delivering = load.kind === 'idle' || this.#problems.length > 0 ? undefined : await this.#deliver(load);
    const problems = [...new Set([...this.#problems, ...this.#deliveries.problems])];
    const intact = problems.length === 0 && !this.#signal.aborted;
    return { intact, problem: intact ? undefined : problems.join('; ') || 'not every message came in time', connecting, delivering };
  }

  close(): void {
    for (const stream of this.#streams) stream.close();
    void this.#publisher.destroy();
  }

  async #connect(settleMs: number): Promise<Connecting> {
    const { pids } = this.#server;
    const { streams } = this.#workload;
    const [before, cpuBefore, startMs] = [await memoryUse(pids), await cpuSeconds(pids), performance.now()];
    let next = 0;
    const openNext = async () => {
      while (next++ < streams && this.#problems.length === 0)
        await this.#openStream().catch((error: Error) => this.#problems.push(error.message));
    };
    await Promise.all(Array.from({ length: OPENING }, openNext));
    const [seconds, cpu] = [(performance.now() - startMs) / 1_000, (await cpuSeconds(pids)) - cpuBefore];
    await sleep(settleMs);
    const after = await memoryUse(pids);
    return {
      streams,
      acceptsPerSecond: streams / seconds,
      cpuUsPerAccept: (cpu * 1e6) / streams,
      userBytesPerStream: (after.pssBytes - before.pssBytes) / streams,
      kernelBytesPerStream: (after.slabBytes - before.slabBytes) / streams,
    };
  }

  async #openStream(): Promise<void> {
    const receive = this.#deliveries.newStream();
    const onEnd = (reason: string) => this.#problems.push(reason);
    this.#streams.push(await openMessageStream(this.#peer, this.#server, { onMessage: receive, onEnd }));
  }

  async #deliver(load: Exclude<Load, { kind: 'idle' }>): Promise<Delivering> {
    for (let index = 0; index < WARM_UP_EVENTS; index++) {
      this.#publish(monotonicUs());
      await this.#deliveries.until(this.#deliveries.published, this.#signal);
    }
    this.#deliveries.histogram = createLatencyHistogram();
    const { pids } = this.#server;
    const [cpuBefore, ownBefore, startUs] = [await cpuSeconds(pids), process.cpuUsage(), monotonicUs()];
    await this.#publishAll(load);
    await this.#deliveries.until(this.#deliveries.published, this.#signal);
    const seconds = (monotonicUs() - startUs) / 1e6;
    const own = process.cpuUsage(ownBefore);
    const cpu = (await cpuSeconds(pids)) - cpuBefore;
    const messages = load.events * this.#workload.streams;
    const { histogram } = this.#deliveries;
    const percentileMs = (percentile: number) => histogram.getValueAtPercentile(percentile) / 1_000;
    return {
      events: load.events,
      seconds,
      messagesPerSecond: messages / seconds,
      p50Ms: percentileMs(50),
      p99Ms: percentileMs(99),
      p999Ms: percentileMs(99.9),
      maxMs: histogram.maxValue / 1_000,
      cpuUsPerMessage: (cpu * 1e6) / messages,
      serverCores: cpu / seconds,
      clientShare: (own.user + own.system) / 1e6 / seconds,
    };
  }

  async #publishAll(load: Exclude<Load, { kind: 'idle' }>): Promise<void> {
    if (load.kind === 'rate') {
      const offsetUs = monotonicUs() - performance.now() * 1_000;
      return atRate(load.perSecond, load.events, this.#signal, (plannedMs) => this.#publish(plannedMs * 1_000 + offsetUs));
    }
    const first = this.#deliveries.published;
    for (let left = load.events; left > 0 && !this.#signal.aborted; ) {
      const burst = Math.min(load.burst, left);
      const published = this.#deliveries.published;
      await this.#deliveries.until(Math.max(first, published + burst - load.inFlight), this.#signal);
      for (let index = 0; index < burst; index++) this.#publish(monotonicUs());
      left -= burst;
    }
  }

  #publish(atUs: number): void {
    const body = this.#deliveries.next(atUs);
    // Sending it twice is no concern here: that would be noticed as a repeated message.
    this.#publisher
      .request({ method: 'POST', path: this.#peer.publishPath, body, headers: { 'content-type': 'text/plain' }, idempotent: true })
      .then(({ statusCode, body: answer }) => {
        if (statusCode >= 300) this.#problems.push(`publishing was answered ${statusCode}`);
        return answer.dump();
      })
      .catch((error: Error) => this.#problems.push(`publishing failed: ${error.message}`));
  }
}
