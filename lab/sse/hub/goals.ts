import type { Goal } from '../../shared/report/section.ts';
import { SATURATED_STRETCH } from './compare.ts';
import type { Metric, Results } from './results.ts';
import { GOAL_STREAMS, idleId, MAX_IDLE_ID, rateId } from './scenarios.ts';
import { intactStreams, type SpreadResult } from './spread.ts';

const LONE_ID = `lone-${GOAL_STREAMS}`;
const SATURATION_ID = `saturation-${GOAL_STREAMS}`;
const IDLE_ID = idleId(GOAL_STREAMS);

/** The rate at which no server is saturated. */
const CALM = 8;
const BUSY = [50, 100];

const MAX_IDLE_BYTES = 5_000;

/**
 * The first goals were 40 and 15. With 32 events in flight a write carries 32 of them at most, so the ratio is 32 times what one write
 * costs a peer, divided by what a write of 32 events costs us: 13 to 18 µs for better-sse, 5 for the C server, 11 to 15 for us, of
 * which three quarters are the kernel's (README.md in both/ beside this folder has the profile).
 */
const SATURATION = { betterSse: 32, c: 14 } as const;

/**
 * The first goal was 1.3. Node's own work on a connection is the same for both, and so are the system calls; what node:http does
 * for its response costs as much as what we do for tokens, cursors and limits (docs/decisions/0011).
 */
const ACCEPTS = 0.9;

/**
 * The goals of the hub, beside what was measured. Those of the fan-out are in its own folder.
 * @param maxStreams what the machine lets one process hold
 */
export function hubGoals(results: Results, maxStreams: number, pair: SpreadResult | undefined): readonly Goal[] {
  return [
    ...against(results, LONE_ID, 'lone events: messages/s, ours against', 'messagesPerSecond', [
      ['nchan', 1.2],
      ['better-sse', 2.2],
      ['c', 0.8],
    ]),
    ...against(results, SATURATION_ID, '32 in flight: messages/s, ours against', 'messagesPerSecond', [
      ['nchan', 20],
      ['better-sse', SATURATION.betterSse],
      ['c', SATURATION.c],
    ]),
    ...BUSY.flatMap((rate) => openLoop(results, rate)),
    {
      text: 'user memory of an idle stream',
      bound: 'at most',
      target: MAX_IDLE_BYTES,
      measured: results.median(IDLE_ID, 'ours', 'userBytesPerStream'),
      unit: 'B',
    },
    ...[['nchan', 1 / 2] as const, ['better-sse', 1 / 4] as const].map(
      ([peer, target]): Goal => ({
        text: `user memory of an idle stream, ours against ${peer}`,
        bound: 'at most',
        target,
        measured: results.ratio('userBytesPerStream', IDLE_ID, 'ours', peer),
      }),
    ),
    {
      text: 'accepts/s, ours against node-http',
      bound: 'at least',
      target: ACCEPTS,
      measured: results.ratio('acceptsPerSecond', IDLE_ID, 'ours', 'node-http'),
    },
    {
      text: `streams of one process without a failed connection (its file limit allows ${maxStreams})`,
      bound: 'at least',
      target: maxStreams,
      measured: openedStreams(results, maxStreams),
      unit: 'streams',
    },
    {
      text: 'streams of two processes without a failed connection',
      bound: 'at least',
      target: pair?.streams ?? 30_000,
      measured: pair === undefined ? undefined : intactStreams(pair),
      unit: 'streams',
    },
    {
      text: `${CALM} events/s: p99 latency, ours against c`,
      bound: 'at most',
      target: 1.3,
      measured: results.ratio('p99Ms', rateId(CALM, GOAL_STREAMS), 'ours', 'c'),
    },
  ];
}

function against(
  results: Results,
  scenarioId: string,
  text: string,
  metric: Metric,
  targets: readonly (readonly [peerId: string, target: number])[],
): readonly Goal[] {
  return targets.map(([peerId, target]) => ({
    text: `${text} ${peerId}`,
    bound: 'at least',
    target,
    measured: results.ratio(metric, scenarioId, 'ours', peerId),
  }));
}

function openLoop(results: Results, rate: number): readonly Goal[] {
  const id = rateId(rate, GOAL_STREAMS);
  const delivered = results.median(id, 'ours', 'messagesPerSecond');
  return [
    {
      text: `${rate} events/s: time until every stream had every event, against the time in which they were published`,
      bound: 'at most',
      target: SATURATED_STRETCH,
      measured: delivered === undefined ? undefined : (rate * GOAL_STREAMS) / delivered,
    },
    {
      text: `${rate} events/s: cores of the server`,
      bound: 'at most',
      target: 1,
      measured: results.median(id, 'ours', 'serverCores'),
      unit: 'cores',
    },
    {
      text: `${rate} events/s: p99 latency against our own at ${CALM} events/s`,
      bound: 'at most',
      target: 3,
      measured: results.ratio('p99Ms', id, 'ours', 'ours', rateId(CALM, GOAL_STREAMS)),
    },
  ];
}

/** The streams that opened in every round: 0 where one failed. */
function openedStreams(results: Results, streams: number): number | undefined {
  const samples = results.of(MAX_IDLE_ID, 'ours');
  if (samples.length === 0) return undefined;
  return samples.every(({ outcome }) => outcome.kind === 'measured') ? streams : 0;
}
