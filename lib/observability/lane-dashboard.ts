import { Dashboard, GraphWidget, Row, TextWidget } from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import { METRICS, type MetricName } from '../../backbone/contract.ts';
import type { LaneStack } from '../lane.ts';
import { laneMetric } from './lane-metric.ts';

interface Comparison {
  readonly title: string;
  readonly metric: MetricName;
  /** @default Sum */
  readonly statistics?: readonly string[];
  /**
   * What a reader must know about the metric on every lane. Notes about a single lane are in its
   * `LaneDashboardPart`.
   */
  readonly note?: string;
}

/** Every metric of any lane, the most important first. */
export const COMPARISONS: readonly Comparison[] = [
  { title: 'Open connections', metric: METRICS.openConnections },
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
  { title: 'Repeats dropped', metric: METRICS.repeatsDropped },
  { title: 'Slow readers closed', metric: METRICS.slowStreamsClosed },
  { title: 'Ephemeral events dropped', metric: METRICS.ephemeralDropped, note: 'Events times readers that were behind.' },
  { title: 'Presence dropped', metric: METRICS.presenceDropped, note: 'Connections that missed a change, and ask.' },
  { title: '410 Gone', metric: METRICS.goneConnections },
  { title: '429', metric: METRICS.throttled },
  { title: 'Gaps tombstoned', metric: METRICS.gapsTombstoned },
  { title: 'Orphans', metric: METRICS.orphans },
  { title: 'Refused, task full', metric: METRICS.refusedStreams },
  { title: 'Connections refused to principals', metric: METRICS.limitedConnections },
  { title: 'Publications refused to principals', metric: METRICS.limitedPublications, note: 'Over their rate.' },
  { title: 'Frames and upgrades refused', metric: METRICS.limitedFrames },
  { title: 'Replays refused or put off', metric: METRICS.limitedReplays },
  { title: 'Given up', metric: METRICS.undeliverable },
  { title: 'Ended with their token', metric: METRICS.connectionsExpired },
  { title: 'Unexpected errors', metric: METRICS.unexpectedErrors, note: 'Answered to clients.' },
];

const WIDTH = 8;

/** Compares the app's lanes: each graph is one metric, with a line for each lane. */
export class LaneDashboard extends Construct {
  readonly dashboard: Dashboard;

  constructor(scope: Construct, id: string, lanes: readonly LaneStack[]) {
    super(scope, id);
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
    for (let at = 0; at < graphs.length; at += 24 / WIDTH) this.dashboard.addWidgets(new Row(...graphs.slice(at, at + 24 / WIDTH)));
    const ofLanes = lanes.flatMap(({ dashboard: { widgets = [] } }) => widgets);
    if (ofLanes.length > 0) this.dashboard.addWidgets(...ofLanes);
    const notes = COMPARISONS.map((comparison) => notesOf(comparison, lanes)).filter((note) => note !== undefined);
    this.dashboard.addWidgets(new TextWidget({ markdown: notes.join('  \n'), width: 24, height: 8 }));
  }
}

const label = (lane: string, statistic: string): string => (statistic === 'Sum' ? lane : `${lane} ${statistic}`);

/** One line of Markdown. Undefined if there is nothing to note. */
function notesOf({ title, metric, note }: Comparison, lanes: readonly LaneStack[]): string | undefined {
  const ofLanes = lanes.flatMap(({ dashboard: { label: name, notes } }) =>
    notes[metric] === undefined ? [] : [`${name}: ${notes[metric]}.`],
  );
  const all = [...(note === undefined ? [] : [note]), ...ofLanes];
  return all.length === 0 ? undefined : `**${title}**: ${all.join(' ')}`;
}
