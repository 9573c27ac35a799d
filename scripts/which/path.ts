/** The decision in one table: what to ask first, what follows, and the numbers behind it. */
import { breakEven } from '../../packages/planner/src/break-even.ts';
import { factsOf } from '../../packages/planner/src/facts.ts';
import { table } from '../../packages/planner/src/matrix-text.ts';
import type { OptionId } from '../../packages/planner/src/option.ts';
import { optionOf } from '../../packages/planner/src/options.ts';
import { type Answer, answerOf } from '../../packages/planner/src/plan.ts';
import { workloadOf } from '../../packages/planner/src/presets.ts';
import type { Workload } from '../../packages/planner/src/workload.ts';

/** Everybody reads one channel, all the time. */
const audience = (connections: number, eventsPerSecond: number): Workload =>
  workloadOf('live-feed', { connections, averageConnections: connections, fanOut: connections, eventsPerSecond, strictProxies: false });

const answer = (id: OptionId, workload: Workload): Answer => answerOf(optionOf(id), workload, factsOf(workload.region));

const cost = (id: OptionId, workload: Workload): string => usd(answer(id, workload).usdPerMonth);

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
  const perHour = equalEventsPerSecond(readers) * 3_600;
  const many = audience(CONNECTIONS, 1);
  const polls = { ...many, pollIntervalSeconds: 10 };

  const rows = [
    [
      '**Who sends, and what may be lost?** Each client sends about once a second or more (games, cursors), or what was missed is worthless',
      '**neither lane**: [a broker of your own or a managed service](#when-neither-fits)',
      `both lanes store every message: ${count(SENDERS)} clients that send one a second cost ${cost('sse-lane', senders)} by \`POST\` on the SSE lane, ${cost('websocket-lane', senders)} on the WebSocket lane, ${cost('broker', senders)} with a broker that stores nothing`,
    ],
    [
      '**Budget and team.** Little is delivered, or nobody is there to run containers',
      '**WebSocket lane**',
      `with nobody connected ${usd(answer('websocket-lane', nobody).usdPerMonth)} instead of ${usd(answer('sse-lane', nobody).usdPerMonth)}. With ${count(READERS)} readers of everything both cost the same at ${count(perHour)} events an hour; above that SSE is cheaper`,
    ],
    [
      '**Clients and proxies.** Clients look now and then (scripts, jobs), or sit behind proxies that buffer or cut streams',
      '**poll or long poll**, on the SSE lane',
      `any HTTP client can. It is simpler, and not cheaper: one event a second to ${count(CONNECTIONS)} clients costs ${cost('poll', polls)} with polls every 10 s, ${cost('long-poll', many)} with long polls, ${cost('sse-lane', many)} as SSE`,
    ],
    [
      '**Everything else**: feeds, dashboards, notifications, AI answers, prices, chat',
      '**SSE lane**',
      `one event a second to ${count(CONNECTIONS)} clients costs ${cost('sse-lane', many)}, and ${cost('websocket-lane', many)} on the WebSocket lane. Nothing acknowledged is lost on either`,
    ],
  ];
  return table([['your case', 'take', 'because (USD a month in us-east-1, calculated from list prices)'], ...rows]);
}

/** Events a second at which both lanes cost the same. */
function equalEventsPerSecond(workload: Workload): number {
  const [crossing] = breakEven([optionOf('websocket-lane'), optionOf('sse-lane')], workload, 'eventsPerSecond', [0.000_1, 100]);
  if (crossing === undefined) throw new Error('the costs of the two lanes do not meet: docs/which.md needs another example');
  return crossing.value;
}

/** Two digits: the workloads are examples. */
const count = (value: number): string => Number(value.toPrecision(2)).toLocaleString('en-US');
const usd = (value: number): string => `${Number(value.toPrecision(value < 10 ? 1 : 3)).toLocaleString('en-US')} USD`;
