import { performance } from 'node:perf_hooks';
import { LOOPBACK } from '../../../packages/assembly-local/loopback.ts';
import type { Transport } from '../../../packages/planner/src/thresholds.ts';
import { type ChannelPosition, parsePosition } from '../../../packages/protocol/cursor.ts';
import { monotonicUs } from '../../load/payload.ts';
import { eventually, pause } from '../chaos/pause.ts';
import { type Acknowledged, Audience, encodeEvent, type Phase } from './audience.ts';
import { type Client, openClient, POLL_INTERVAL_MS } from './client.ts';
import { type Measurement, perMessage, type Totals } from './figures.ts';
import { type CpuReading, readCpu, usedSeconds } from './lane-cpu.ts';
import { LINK } from './link.ts';
import type { LocalRun } from './local-run.ts';
import { LinkProxy } from './proxy.ts';
import { planPublications, type Source, sourcesOf } from './schedule.ts';
import { type Member, membersOf, type UseCase } from './use-cases.ts';

export interface UseCaseRunOptions {
  readonly run: LocalRun;
  readonly useCase: UseCase;
  readonly transport: Transport;
  readonly seed: number;
  readonly times: Times;
  readonly signal: AbortSignal;
}

export interface Times {
  /** Publishing before the cut, which is measured, and after it. */
  readonly steadySeconds: number;
  readonly afterCutSeconds: number;
  /** Kept after everything has come, for what comes twice. */
  readonly aftermathMs: number;
}

type Steady = Pick<Measurement, 'clientShare'> & ReturnType<typeof perMessage> & { readonly tcpConnections: number };

/**
 * What has not come after so long is missing. The service asks streams to wait up to 15 s before they reconnect, and on a busy machine
 * the few instances of the functions take long to replay what many clients have missed.
 */
const PATIENCE_MS = 120_000;

const LOOK_INTERVAL_MS = 20;

/**
 * Measures one use case over one transport. Resolves after the steady period, when another may begin; `caughtUp` resolves when the
 * clients, which are cut off then, have everything.
 */
export async function measureUseCase(options: UseCaseRunOptions): Promise<{ readonly caughtUp: Promise<Measurement> }> {
  const useCaseRun = new UseCaseRun(options);
  try {
    await useCaseRun.open();
    const steady = await useCaseRun.measureSteady();
    const caughtUp = useCaseRun
      .cut()
      .then((cut) => useCaseRun.result(steady, cut))
      .finally(() => useCaseRun.close());
    // Whoever awaits it may do so later.
    caughtUp.catch(() => undefined);
    return { caughtUp };
  } catch (error) {
    await useCaseRun.close();
    throw error;
  }
}

/** Makes everything that starts with its first use start before it is measured: instances of functions above all, also those of a cut. */
export async function warmUp(options: UseCaseRunOptions): Promise<void> {
  const useCaseRun = new UseCaseRun(options);
  try {
    await useCaseRun.open();
    if (options.transport === 'websocket') await useCaseRun.cut();
  } finally {
    await useCaseRun.close();
  }
}

/** Its clients, their links, and who publishes. */
class UseCaseRun {
  readonly #options: UseCaseRunOptions;
  readonly #proxy: LinkProxy;
  readonly #members: readonly Member[];
  readonly #sources: readonly Source[];
  readonly #clients = new Map<Member, Client>();
  readonly #audience = new Audience();
  readonly #acknowledged: Acknowledged[] = [];
  readonly #unanswered = new Set<Promise<void>>();
  readonly #troubles: Record<string, number> = {};

  constructor(options: UseCaseRunOptions) {
    const { run, useCase, transport, seed } = options;
    const targetPort = transport === 'websocket' ? run.wssPort : run.httpsPort;
    this.#options = options;
    // Without the transport's name: all transports meet the same links.
    this.#proxy = new LinkProxy({ targetPort, seed, name: useCase.id, profile: LINK });
    this.#members = membersOf(useCase, `compare.${useCase.id}.${transport}`);
    this.#sources = sourcesOf(useCase, this.#members);
  }

  /** Opens the clients. Each has had an event on each of its channels then. @throws Error where that takes too long */
  async open(): Promise<void> {
    const { run, useCase, transport } = this.#options;
    await this.#proxy.listen();
    const authority = `${LOOPBACK}:${this.#proxy.port}`;
    const urls = { httpsUrl: `https://${authority}`, wssUrl: `wss://${authority}${run.websocketPath}` };
    for (const [index, member] of this.#members.entries()) {
      const token = await run.tokenFor(`${useCase.id}.${transport}.${member.name}`);
      const client = openClient({
        transport,
        target: { ...urls, token },
        subscriptions: member.channels.map((channel) => this.#audience.subscribe(channel)),
        firstWaitMs: (POLL_INTERVAL_MS * index) / this.#members.length,
        onEnd: (reason) => this.#note(`subscriptions ended: ${reason}`),
      });
      this.#clients.set(member, client);
    }
    await this.#until(() => this.#audience.isReady, 'subscribed');

    for (const source of this.#sources) this.#publish(source, 'warmUp', monotonicUs());
    await this.#until(() => this.#isDelivered(), 'had a first event');
  }

  /** Publishes, and measures until everybody has everything. */
  async measureSteady(): Promise<Steady> {
    const { times, useCase } = this.#options;
    const loop = performance.eventLoopUtilization();
    const before = this.#totals();
    const cpuBefore = await this.#readCpu();

    // Jitter is between two events.
    await this.#publishFor(Math.max(times.steadySeconds, 2 / useCase.eventsPerSecond), 'steady');

    await this.#untilDelivered();
    const cpuSeconds = usedSeconds(cpuBefore, await this.#readCpu());
    const costs = perMessage(before, this.#totals(), cpuSeconds);
    const clientShare = performance.eventLoopUtilization(loop).utilization;
    const tcpConnections = this.#proxy.counts.connections;
    return { ...costs, clientShare, tcpConnections };
  }

  /** Cuts all connections, goes on publishing, and waits until everybody has everything again. Answers when the cut was. */
  async cut(): Promise<{ readonly cutUs: number }> {
    const { times } = this.#options;
    const cutUs = monotonicUs();
    this.#proxy.cut();
    const channels = new Set(this.#sources.map(({ channel }) => channel));
    for (const channel of channels) this.#publish({ channel, sender: undefined }, 'atCut', cutUs);
    await this.#publishFor(times.afterCutSeconds, 'afterCut');
    await this.#untilDelivered();
    return { cutUs };
  }

  /** Keeps looking for what comes twice, and sums up. */
  async result(steady: Steady, { cutUs }: { readonly cutUs: number }): Promise<Measurement> {
    const { useCase, transport, times, signal } = this.#options;
    await pause(times.aftermathMs, signal);
    signal.throwIfAborted();

    const { clientShare, ...costs } = steady;
    const { latencies } = this.#audience;
    const percentileMs = (percentile: number) =>
      latencies.totalCount === 0 ? Number.NaN : latencies.getValueAtPercentile(percentile) / 1_000;
    const resets = this.#audience.sum('resets');
    return {
      row: {
        useCase: useCase.id,
        transport,
        latencyMs: { p50: percentileMs(50), p99: percentileMs(99), p999: percentileMs(99.9) },
        jitterMs: this.#audience.jitterMs,
        ...costs,
        caughtUpMs: (this.#audience.allHaveSeenAtUs('atCut') - cutUs) / 1_000,
        sent: this.#acknowledged.length,
        delivered: this.#audience.sum('delivered'),
        lost: this.#audience.lost(this.#acknowledged),
        doubled: this.#audience.sum('doubled'),
        outOfOrder: this.#audience.sum('outOfOrder'),
        label: transport === 'websocket' ? 'emulated API Gateway and Lambda' : 'measured here',
      },
      clientShare,
      troubles: { ...this.#troubles, ...(resets > 0 && { resets }) },
    };
  }

  async close(): Promise<void> {
    for (const client of this.#clients.values()) client.close();
    await this.#proxy.close();
  }

  /** Publishes at the planned times, however long answers take. */
  async #publishFor(seconds: number, phase: Phase): Promise<void> {
    const { useCase, seed, signal } = this.#options;
    const startMs = performance.now();
    const startUs = monotonicUs();
    const waitUntil = async (atMs: number) => {
      const aheadMs = startMs + atMs - performance.now();
      // A timer is a millisecond coarse.
      if (aheadMs >= 1) await pause(aheadMs, signal);
      signal.throwIfAborted();
    };
    for (const { atMs, ...source } of planPublications(this.#sources, useCase.eventsPerSecond, seconds, seed)) {
      await waitUntil(atMs);
      this.#publish(source, phase, startUs + Math.round(atMs * 1_000));
    }
    await waitUntil(seconds * 1_000);
  }

  #publish({ channel, sender }: Source, phase: Phase, plannedUs: number): void {
    const data = encodeEvent(phase, plannedUs, this.#options.useCase.eventBytes);
    const answered = this.#send(channel, data, sender)
      .then(
        (position) => void this.#acknowledged.push({ channel, position }),
        (error: Error) => this.#note(`publications failed: ${error.message}`),
      )
      .finally(() => this.#unanswered.delete(answered));
    this.#unanswered.add(answered);
  }

  async #send(channel: string, data: string, sender: Member | undefined): Promise<ChannelPosition> {
    const client = sender && this.#clients.get(sender);
    return client === undefined ? parsePosition(await this.#options.run.publish(channel, data)) : client.publish(channel, data);
  }

  async #untilDelivered(): Promise<void> {
    const { signal } = this.#options;
    await eventually(() => signal.aborted || this.#isDelivered(), PATIENCE_MS, LOOK_INTERVAL_MS);
    signal.throwIfAborted();
  }

  #isDelivered(): boolean {
    return this.#unanswered.size === 0 && this.#audience.lost(this.#acknowledged) === 0;
  }

  async #until(isSo: () => boolean, what: string): Promise<void> {
    const { useCase, transport, signal } = this.#options;
    const isInTime = await eventually(() => signal.aborted || isSo(), PATIENCE_MS, LOOK_INTERVAL_MS);
    signal.throwIfAborted();
    if (isInTime) return;
    const troubles = Object.keys(this.#troubles).join('; ');
    throw new Error(`${useCase.id} over ${transport}: not every client has ${what} after ${PATIENCE_MS / 1_000} s. ${troubles}`);
  }

  #totals(): Totals {
    const { bytesDown, bytesUp } = this.#proxy.counts;
    const requests = [...this.#clients.values()].reduce((sum, client) => sum + client.requests, 0);
    return { bytesDown, bytesUp, requests, delivered: this.#audience.sum('delivered') };
  }

  #readCpu(): Promise<CpuReading> {
    const { run, transport } = this.#options;
    return readCpu(run.pid, transport === 'websocket' ? 'websocket' : 'sse');
  }

  #note(trouble: string): void {
    this.#troubles[trouble] = (this.#troubles[trouble] ?? 0) + 1;
  }
}
