import { setTimeout as sleep } from 'node:timers/promises';
import { parsePosition } from '../../../packages/protocol/cursor.ts';
import { MemoryWatch } from '../task/memory-watch.ts';
import type { TaskReport } from '../task/protocol.ts';
import type { TaskSettings } from '../task/settings.ts';
import { startTask, type TaskIssuer, type TaskProcess } from '../task/task-process.ts';
import { ResumingStreams, type Resumption } from './resuming-streams.ts';

export interface StormOptions {
  readonly settings: TaskSettings;
  readonly issuer: TaskIssuer;
  readonly streams: number;
  readonly channels: number;
  /** Distinct tokens, among which the streams are divided. */
  readonly users: number;
  /** Events published a second meanwhile, one channel after the other. */
  readonly rate: number;
  readonly logLatencyMs: number;
  readonly signal: AbortSignal;
}

export interface StormResult extends TaskReport {
  /** From the first connection until the last stream was up to date; infinite where one did not get there. */
  readonly caughtUpMs: number;
  readonly memoryBytes: number;
  /** Share of a core that the clients used until then. */
  readonly clientCores: number;
  readonly published: number;
  /** Streams that failed, by what went wrong. */
  readonly failures: Readonly<Record<string, number>>;
  /** Streams that had not got everything at the end that was published meanwhile. */
  readonly behind: number;
}

const HISTORY = 12;

/** Streams of a channel are one to so many events behind. */
const MOST_BEHIND = 8;

const EVENT = { text: 'x', times: 160 };

const PATIENCE_MS = 60_000;

/** Streams come back to a task that has just started. */
export async function measureStorm(options: StormOptions): Promise<StormResult> {
  const { settings, issuer, channels, users, logLatencyMs } = options;
  const task = await startTask({ settings, issuer, logLatencyMs });
  const watch = new MemoryWatch(task);
  const names = Array.from({ length: channels }, (_, index) => `storm.${index}`);
  const tokens = Array.from({ length: users }, (_, index) => issuer.tokenFor(`user-${index}`));
  try {
    const heads = await task.call('fill', { channels: names, events: HISTORY, ...EVENT });
    await warmUp(task, tokens[0] ?? '');
    await task.call('restart', {});
    const streams = new ResumingStreams(task.port, resumptionsOf(options, names, heads, tokens));
    try {
      return await blow(task, watch, streams, names, options);
    } finally {
      streams.close();
    }
  } finally {
    await watch.stop();
    await task.stop();
  }
}

async function blow(
  task: TaskProcess,
  watch: MemoryWatch,
  streams: ResumingStreams,
  names: readonly string[],
  { rate, signal }: StormOptions,
): Promise<StormResult> {
  const newest = new Map<string, number>();
  const publishing = new AbortController();
  const startMs = performance.now();
  const cpu = process.cpuUsage();
  const published = publishAll(task, names, rate, newest, publishing.signal);
  streams.start();
  const patience = sleep(PATIENCE_MS, undefined, { signal, ref: false }).catch(() => undefined);
  await Promise.race([streams.caughtUp, patience]);
  const tookMs = performance.now() - startMs;
  const { user, system } = process.cpuUsage(cpu);
  publishing.abort();
  const report = await task.call('report', {});
  const count = await published;
  const deadlineMs = performance.now() + PATIENCE_MS;
  while (streams.behind(newest) > streams.left && performance.now() < deadlineMs && !signal.aborted) await sleep(20);
  const { countedBytes } = await watch.stop();
  return {
    ...report,
    caughtUpMs: streams.left === 0 && streams.failures.size === 0 ? tookMs : Number.POSITIVE_INFINITY,
    memoryBytes: countedBytes,
    clientCores: (user + system) / 1_000 / tookMs,
    published: count,
    failures: Object.fromEntries(streams.failures),
    behind: streams.behind(newest),
  };
}

/** One request of each kind, so that keys are fetched and what is compiled at first use is compiled: a task answers health checks before it gets streams. */
async function warmUp({ base }: TaskProcess, token: string): Promise<void> {
  const headers = { Authorization: `Bearer ${token}`, Accept: 'application/json' };
  await (await fetch(`${base}/readyz`)).text();
  await (await fetch(`${base}/v1/events?channel=warm-up`, { headers })).text();
}

function resumptionsOf(
  { streams, channels }: StormOptions,
  names: readonly string[],
  heads: Readonly<Record<string, string>>,
  tokens: readonly string[],
): readonly Resumption[] {
  return Array.from({ length: streams }, (_, index) => {
    const channel = names[index % channels] ?? '';
    const { epoch, seq: newest } = parsePosition(heads[channel] ?? '');
    const behind = 1 + (Math.floor(index / channels) % MOST_BEHIND);
    return { channel, epoch, after: newest - behind, upTo: newest, token: tokens[index % tokens.length] ?? '' };
  });
}

/** At the times planned, until the signal; answers how many there were. */
async function publishAll(
  task: TaskProcess,
  names: readonly string[],
  rate: number,
  newest: Map<string, number>,
  signal: AbortSignal,
): Promise<number> {
  const startMs = performance.now();
  const publications: Promise<void>[] = [];
  for (let index = 0; !signal.aborted; index++) {
    await sleep(Math.max(0, startMs + (index * 1_000) / rate - performance.now()));
    if (signal.aborted) break;
    const channel = names[index % names.length] ?? '';
    publications.push(
      task.call('publish', { channels: [channel], ...EVENT }).then((heads) => {
        newest.set(channel, Math.max(newest.get(channel) ?? 0, parsePosition(heads[channel] ?? '').seq));
      }),
    );
  }
  await Promise.all(publications);
  return publications.length;
}
