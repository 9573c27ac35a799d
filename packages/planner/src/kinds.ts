import type { Facts } from './facts.ts';
import { usdFor } from './figure.ts';
import { formatUsd } from './format.ts';
import { markdownTable } from './markdown.ts';
import type { Item } from './option.ts';
import { isLane, OPTIONS } from './options.ts';
import { answerOf } from './plan.ts';
import { workloadOf } from './presets.ts';

/** USD to publish a million events of a kind of channels, whoever reads them. */
export interface KindCost {
  readonly label: string;
  /** Writes, and what is kept. */
  readonly log: number;
  readonly topic: number;
  /** Queues and functions of each lane that is there, by its label. */
  readonly lanes: Readonly<Record<string, number>>;
}

/** Events of the size that most have: one write unit. */
const EVENT_BYTES = 300;

/** Published all the time: with fewer, each receive and each delete is for fewer of them. */
const EVENTS_PER_SECOND = 100;

const MILLION = 1_000_000;

const LANES = OPTIONS.filter(isLane);

/** Metrics are paid by the month, however many events there are. */
const isOfEvents = ({ kind, id }: Item): boolean => kind === 'growing' && !id.includes('metrics');

const isOfLog = ({ id }: Item): boolean => id.startsWith('log-');
const isOfTopic = ({ id }: Item): boolean => id === 'topic' || id === 'key-requests';

/**
 * What a million events cost. Delivering them costs the same for every kind, and is not in it.
 *
 * - `latest` replaces the item of its key, and counts the version with the same write.
 * - `ephemeral` writes nothing.
 * - presence: a member who comes and goes has a row, which is written and removed. Changes are announced together, so the
 *   two notifications are the most that they need.
 */
export function kindCosts(facts: Facts): readonly KindCost[] {
  const single = durable(1, facts);
  const writes = (units: number) => usdFor(units * MILLION, facts.prices.dynamoWrite);
  const twice = Object.entries(single.lanes).map(([lane, usd]) => [lane, 2 * usd] as const);
  return [
    { ...single, label: '`durable`' },
    { ...durable(10, facts), label: '`durable`, in batches of 10' },
    { ...durable(100, facts), label: '`durable`, in batches of 100' },
    { ...single, label: '`latest`', log: writes(1) },
    { ...single, label: '`ephemeral`', log: 0 },
    { label: 'presence, a join and a leave', log: writes(2), topic: 2 * single.topic, lanes: Object.fromEntries(twice) },
  ];
}

function durable(eventsPerPublication: number, facts: Facts): Omit<KindCost, 'label'> {
  const workload = workloadOf('live-feed', {
    averageConnections: 0,
    fanOut: 0,
    reconnectsPerDay: 0,
    eventsPerSecond: EVENTS_PER_SECOND,
    eventBytes: EVENT_BYTES,
    eventsPerPublication,
  });
  const events = EVENTS_PER_SECOND * workload.hoursPerMonth * 3_600;
  const answers = LANES.map((option) => answerOf(option, workload, facts));
  const perMillion = (items: readonly Item[], of: (item: Item) => boolean) =>
    (items.filter((item) => isOfEvents(item) && of(item)).reduce((usd, { usdPerMonth }) => usd + usdPerMonth, 0) * MILLION) / events;
  // Each lane's bill has what is shared.
  const shared = answers[0]?.items ?? [];
  return {
    log: perMillion(shared, isOfLog),
    topic: perMillion(shared, isOfTopic),
    lanes: Object.fromEntries(
      answers.map(({ option, items }) => [option.label, perMillion(items, (item) => !isOfLog(item) && !isOfTopic(item))]),
    ),
  };
}

/** What `docs/publish.md` says about them. */
export function renderKindCosts(facts: Facts): string {
  const costs = kindCosts(facts);
  const lanes = LANES.map(({ label }) => label);
  const rows = costs.map(({ label, log, topic, lanes: ofLanes }) => [
    label,
    ...[log, topic, ...lanes.map((lane) => ofLanes[lane] ?? 0)].map(formatUsd),
    `**${formatUsd(log + topic + Object.values(ofLanes).reduce((sum, usd) => sum + usd, 0))}**`,
  ]);
  return [
    `USD per million events of ${EVENT_BYTES} bytes in stage \`prod\`, ${EVENTS_PER_SECOND} a second, by [the planner](cost.md), without delivering them:`,
    markdownTable(['', 'log', 'topic', ...lanes.map((lane) => `to the ${lane}`), 'together'], rows),
  ].join('\n\n');
}
