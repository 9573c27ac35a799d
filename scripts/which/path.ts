/** The decision in one table: what to ask first, what follows, and the numbers behind it. */
import { breakEven } from '../../packages/planner/src/break-even.ts';
import { CAPACITY } from '../../packages/planner/src/data/capacity.ts';
import { QUOTAS } from '../../packages/planner/src/data/quotas.ts';
import { factsOf } from '../../packages/planner/src/facts.ts';
import { inUsd } from '../../packages/planner/src/format.ts';
import { loadOf } from '../../packages/planner/src/load.ts';
import { markdownTable } from '../../packages/planner/src/markdown.ts';
import type { OptionId } from '../../packages/planner/src/option.ts';
import { optionOf } from '../../packages/planner/src/options.ts';
import { type Answer, answerOf } from '../../packages/planner/src/plan.ts';
import { workloadOf } from '../../packages/planner/src/presets.ts';
import type { NumberId, Workload } from '../../packages/planner/src/workload.ts';

/** Of one event a second to many, `docs/cost.md` has the bill: the same bytes and reconnects. */
const EXAMPLE = { eventBytes: 200, reconnectsPerDay: 24, strictProxies: false } as const;

/** Everybody reads one channel, all the time. */
const audience = (connections: number, eventsPerSecond: number, fanOut = connections): Workload =>
  workloadOf('live-feed', { ...EXAMPLE, connections, averageConnections: connections, fanOut, eventsPerSecond });

const answer = (id: OptionId, workload: Workload): Answer => answerOf(optionOf(id), workload, factsOf(workload.region));

const cost = (id: OptionId, workload: Workload): string => inUsd(answer(id, workload).usdPerMonth);

const CONNECTIONS = 10_000;
const SENDERS = 1_000;
const READERS = 100;

/** The rows, in the order in which they are asked. */
export function renderPath(): string {
  const senders = workloadOf('chat', {
    connections: SENDERS,
    averageConnections: SENDERS,
    clientMessagesPerSecond: 1,
    eventsPerSecond: SENDERS,
    fanOut: 1,
  });
  const nobody = workloadOf('idle-dev', { stage: 'prod' });
  const readers = audience(READERS, 0.01);
  const perHour = equalAt(readers, 'eventsPerSecond', [0.000_1, 100]) * 3_600;
  const silent = equalAt(audience(READERS, 0, 0), 'connections', [1, 100_000]);
  const many = audience(CONNECTIONS, 1);
  const polls = { ...many, pollIntervalSeconds: 10 };

  const { value: mostEvents, range, source } = CAPACITY.notificationsPerTask;
  const [least, most] = range;
  const events = Number(mostEvents.toPrecision(1));
  const single = audience(CONNECTIONS, events, 1);
  const answers = workloadOf('ai-streaming');

  const rows = [
    [
      '**Who sends?** Each client sends about once a second or more (games, cursors)',
      '**neither lane**: [a broker of your own or a managed service](#when-neither-fits)',
      `both lanes store every message: ${count(SENDERS)} clients that send one a second cost ${cost('sse-lane', senders)} by \`POST\` on the SSE lane, ${cost('websocket-lane', senders)} on the WebSocket lane, ${cost('broker', senders)} with a broker that stores nothing`,
    ],
    [
      `**How many events?** More than about ${count(events)} publications a second at peak (a batch of up to 100 is one), on all channels together`,
      '**not the SSE lane as it is**: the WebSocket lane if events have few readers, else [a broker](#when-neither-fits)',
      `every SSE task takes every publication from its own queue, so more tasks do not help: **${exact(mostEvents)} a second, assumed, ${exact(least)} to ${exact(most)}** (${source.replace(/ \(.*?\)/, '')}; [how to find yours](sse/operations.md#scaling-and-quotas)). The WebSocket lane has no queue per task. It delivers ${exact(QUOTAS.apiRequestsPerSecond.value)} times a second unless AWS raises that quota (documented), and each delivery is billed: ${count(events)} events a second to one of ${count(CONNECTIONS)} clients each cost ${cost('websocket-lane', single)}`,
    ],
    [
      `**Budget and team.** Little is delivered: to ${count(READERS)} readers at most ${count(perHour)} events an hour, or next to nothing to at most ${count(silent)} clients`,
      '**WebSocket lane**',
      `up to there it costs less, and no container has to run: ${inUsd(answer('websocket-lane', nobody).usdPerMonth)} instead of ${inUsd(answer('sse-lane', nobody).usdPerMonth)} while nobody is connected ([cost](cost.md) has ${inUsd(answer('websocket-lane', many).fixedUsdPerMonth)} as fixed: metrics of a lane in use are growing there). A team that cannot run containers may take it above that too, at the price in the last row`,
    ],
    [
      '**Clients and proxies.** Clients look now and then (scripts, jobs), or sit behind proxies that you know to buffer or cut streams ([C3](#the-claims); forward proxies were not measured)',
      '**poll or long poll**, which is the SSE lane with its load balancer and tasks',
      `any HTTP client can. It is simpler for clients only, and not cheaper: one event a second to ${count(CONNECTIONS)} clients costs ${cost('poll', polls)} with polls every 10 s, ${cost('long-poll', many)} with long polls, ${cost('sse-lane', many)} as SSE`,
    ],
    [
      '**Everything else**: feeds, dashboards, notifications, prices, chat, and AI answers',
      '**SSE lane**',
      `one event a second to ${count(CONNECTIONS)} clients costs ${cost('sse-lane', many)}, and ${cost('websocket-lane', many)} on the WebSocket lane (200 bytes, a reconnect an hour). Nothing acknowledged is lost on either. For AI answers the second row decides, because each piece is an event with one reader: ${count(answers.connections)} users at peak have ${exact(Math.round(loadOf(answers).peak.eventsPerSecond))} a second, against a limit that may lie between ${exact(least)} and ${exact(most)}`,
    ],
  ];
  return markdownTable(['your case', 'take', 'because (USD a month in us-east-1, calculated from list prices)'], rows);
}

/** The value at which both lanes cost the same. */
function equalAt(workload: Workload, input: NumberId, range: readonly [number, number]): number {
  const [crossing] = breakEven([optionOf('websocket-lane'), optionOf('sse-lane')], workload, input, range);
  if (crossing === undefined) throw new Error('the costs of the two lanes do not meet: docs/which.md needs another example');
  return crossing.value;
}

/** Two digits: the workloads are examples. */
const count = (value: number): string => exact(Number(value.toPrecision(2)));
const exact = (value: number): string => value.toLocaleString('en-US');
