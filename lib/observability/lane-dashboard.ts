import { Stack } from 'aws-cdk-lib';
import { Dashboard, GraphWidget, Row, TextWidget } from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import { type Lane, METRICS, type MetricName } from '../../backbone/contract.ts';
import { laneMetric } from './lane-metric.ts';

/** A stack that is a lane. */
export interface LaneStack extends Stack {
  readonly lane: Lane;
}

interface Comparison {
  readonly title: string;
  readonly metric: MetricName;
  /** @default Sum */
  readonly statistics?: readonly string[];
  /** What a reader has to know to compare the lanes. */
  readonly note: string;
}

/** Every metric of either lane, most looked at first. */
export const COMPARISONS: readonly Comparison[] = [
  {
    title: 'Open connections',
    metric: METRICS.openConnections,
    note: 'SSE: each minute. WebSocket: at the end of each pass of the sweep.',
  },
  { title: 'Connects', metric: METRICS.connects, note: 'Accepted ones.' },
  { title: 'Deliveries', metric: METRICS.deliveries, note: 'Events times those who got them.' },
  {
    title: 'Delivery latency, ms',
    metric: METRICS.deliveryLatency,
    statistics: ['p50', 'p99'],
    note: "From publishedAt, by the publisher's clock.",
  },
  { title: 'Replays', metric: METRICS.replays, note: 'From the log: what a task still has in memory is none.' },
  { title: 'Resets', metric: METRICS.resets, note: 'What a client missed cannot be had.' },
  { title: 'Repeats dropped', metric: METRICS.repeatsDropped, note: 'WebSocket: none here, the client drops them.' },
  { title: 'Slow readers closed', metric: METRICS.slowStreamsClosed, note: 'WebSocket: none, API Gateway buffers and answers 429.' },
  { title: '410 Gone', metric: METRICS.goneConnections, note: 'SSE: none, a task sees its sockets close.' },
  { title: '429', metric: METRICS.throttled, note: 'WebSocket: to our posts. SSE: to principals at their limit.' },
  { title: 'Holes buried', metric: METRICS.holesBuried, note: 'WebSocket: none, SSE tasks and publishers bury for both.' },
  { title: 'Orphans', metric: METRICS.orphans, note: 'WebSocket: rows of closed connections. SSE: queues of stopped tasks.' },
  { title: 'Refused, task full', metric: METRICS.refusedStreams, note: 'WebSocket: none, it has no tasks.' },
  { title: 'Connections refused to principals', metric: METRICS.limitedConnections, note: 'SSE: in 429.' },
  { title: 'Publications refused to principals', metric: METRICS.limitedPublications, note: 'Over their rate.' },
  { title: 'Frames and upgrades refused', metric: METRICS.limitedFrames, note: 'SSE: none, it has no frames.' },
  { title: 'Replays refused or put off', metric: METRICS.limitedReplays, note: 'SSE: none, a task replays in its turn.' },
  { title: 'Given up', metric: METRICS.undeliverable, note: 'SSE: none, a stream is cut and resumes.' },
  { title: 'Ended with their token', metric: METRICS.connectionsExpired, note: 'SSE: not counted, the stream ends by itself.' },
  {
    title: 'Unexpected errors',
    metric: METRICS.unexpectedErrors,
    note: 'Answered to clients. SSE: those of a task that cannot do its work as well.',
  },
];

const WIDTH = 8;

/** The lanes of the app side by side: each graph is one metric, with a line for each lane that there is. */
export class LaneDashboard extends Construct {
  readonly dashboard: Dashboard;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    const lanes = this.node.root.node.findAll().filter(isLaneStack);
    this.dashboard = new Dashboard(this, 'Dashboard');
    const graphs = COMPARISONS.map(
      ({ title, metric, statistics = ['Sum'] }) =>
        new GraphWidget({
          title,
          width: WIDTH,
          left: lanes.flatMap((stack) =>
            statistics.map((statistic) => laneMetric(stack, stack.lane, metric, statistic).with({ label: label(stack.lane, statistic) })),
          ),
        }),
    );
    const notes = COMPARISONS.map(({ title, note }) => `**${title}**: ${note}`).join('  \n');
    for (let at = 0; at < graphs.length; at += 24 / WIDTH) this.dashboard.addWidgets(new Row(...graphs.slice(at, at + 24 / WIDTH)));
    this.dashboard.addWidgets(new TextWidget({ markdown: notes, width: 24, height: 8 }));
  }
}

const label = (lane: Lane, statistic: string): string => (statistic === 'Sum' ? lane : `${lane} ${statistic}`);

function isLaneStack(construct: unknown): construct is LaneStack {
  return construct instanceof Stack && 'lane' in construct;
}
