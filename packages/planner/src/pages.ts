import { CAPACITY } from './data/capacity.ts';
import { PRICES } from './data/prices.ts';
import { QUOTAS } from './data/quotas.ts';
import { DEPLOYED_STAGES } from './deployed.ts';
import { factsOf } from './facts.ts';
import { type Figure, figuresOf } from './figure.ts';
import { formatExact, formatNumber, formatUsd } from './format.ts';
import { loadOf } from './load.ts';
import { markdownTable } from './markdown.ts';
import type { Item, OptionId } from './option.ts';
import { isLane, OPTIONS } from './options.ts';
import { stacksOf, standingItems } from './parts/stacks.ts';
import { type Answer, answersTo, plan } from './plan.ts';
import { workloadOf } from './presets.ts';
import { flipsText } from './text.ts';
import { PRESET_IDS, type Workload } from './workload.ts';

const REGION = 'us-east-1';

/** The page has dates, and no ages: it must not be out of date every morning. */
const ANY_DAY = '2026-11-30';

const isOfAws = ({ source }: Figure): boolean => /^https:\/\/([a-z]+\.)*aws\.amazon\.com\//.test(source);

/** Prices that AWS's pages do not show as text. */
const THIRD_PARTY = Object.entries(PRICES[REGION]).flatMap(([id, price]) => {
  const figures = figuresOf(price);
  if (figures.every(isOfAws)) return [];
  return [`\`${id}\`${figures.some(isOfAws) ? ' (some tiers)' : ''}`];
});

const INTRODUCTION = `# Cost

Written by \`npm run findings\` from [the planner](../packages/planner/README.md); a test fails when it is out of date.
Nothing here is a bill: no stage has run on AWS.

Plan your own workload, and see every item with its source:

\`\`\`sh
npm run plan                                                     # the presets
npm run plan -- --preset chat --connections 20000                # all options, the bill, the recommendation
npm run plan -- --preset chat --compare ${OPTIONS.slice(0, 2)
  .map(({ id }) => id)
  .join(' ')}  # bills side by side
npm run plan -- --preset chat --vary connections=100..1000000    # costs along an input
npm run plan:page                                                # sliders and plots: one HTML file to open
\`\`\`

List prices of ${REGION} in USD a month of 730 h, without free tiers, savings plans, taxes, and
users of Cognito. Sources are AWS's pages, and rate cards of third parties for
${THIRD_PARTY.join(' and ')}: see [prices](#prices).
*Fixed* is paid for being deployed, *growing* for what is delivered.`;

/** What `docs/cost.md` says. */
export function renderCostPage(): string {
  return `${[INTRODUCTION, idleSection(), lanesSection(), useCaseSection(), overlookedSection(), figureSections()].join('\n\n')}\n`;
}

/** Nobody is there, and everything is deployed: what both lanes share is counted once. */
function idleSection(): string {
  const stages = DEPLOYED_STAGES.map((stage) => ({ stage, items: idleItems(stage) }));
  const labels = [...new Set(stages.flatMap(({ items }) => items.map(({ label }) => label)))];
  const usdOf = (items: readonly Item[], label?: string) =>
    items.filter((item) => label === undefined || item.label === label).reduce((usd, item) => usd + item.usdPerMonth, 0);
  const rows = labels
    .toSorted((a, b) => Math.max(...stages.map(({ items }) => usdOf(items, b))) - Math.max(...stages.map(({ items }) => usdOf(items, a))))
    .map((label) => [label, ...stages.map(({ items }) => formatUsd(usdOf(items, label)))]);
  const total = ['**total**', ...stages.map(({ items }) => `**${formatUsd(usdOf(items))}**`)];
  return [
    '## Idle stages',
    'What a stage as shipped costs without a client and without an event, all its lanes together. Counted in the synthesized templates.',
    markdownTable(['', ...DEPLOYED_STAGES.map((stage) => `\`${stage}\``)], [...rows, total]),
  ].join('\n\n');
}

/** What a stage costs in a month while nobody is connected. */
export const idleUsd = (stage: string): number => idleItems(stage).reduce((usd, { usdPerMonth }) => usd + usdPerMonth, 0);

/** Items of every lane of a stage that nobody uses. */
export function idleItems(stage: string): readonly Item[] {
  const idle = { ...workloadOf('idle-dev'), stage };
  const facts = factsOf(idle.region);
  const shared = standingItems(stacksOf(idle, ['Backbone', 'Edge']), loadOf(idle), facts);
  const lanes = answersTo(idle, facts).filter(({ option }) => isLane(option));
  // Each lane's bill begins with what is shared.
  const repeated = lanes.length > 1 ? shared.map((item) => ({ ...item, usdPerMonth: -item.usdPerMonth })) : [];
  return [...lanes.flatMap(({ items }) => items), ...repeated];
}

/** The workload of a row, so that it can be planned again. */
const TEN_THOUSAND: Partial<Workload> = {
  connections: 10_000,
  averageConnections: 10_000,
  clientMessagesPerSecond: 0,
  subscriptionsPerConnection: 1,
  reconnectsPerDay: 24,
};

function lanesSection(): string {
  const idle = workloadOf('live-feed', { ...TEN_THOUSAND, eventsPerSecond: 0, fanOut: 0, strictProxies: false });
  const busy = workloadOf('live-feed', { ...TEN_THOUSAND, eventsPerSecond: 1, fanOut: 10_000, eventBytes: 200, strictProxies: false });
  const ids: readonly OptionId[] = ['sse-lane', 'websocket-lane', 'websocket-fargate'];
  const sections = [
    { title: '10,000 connections, no events', answers: answersTo(idle, factsOf(REGION)) },
    { title: '10,000 connections, one event a second of 200 bytes to all of them', answers: answersTo(busy, factsOf(REGION)) },
  ].map(({ title, answers }) => {
    const shown = answers.filter(({ option }) => ids.includes(option.id));
    return `**${title}**\n\n${markdownTable(['', 'USD', 'fixed', 'growing', 'largest items'], shown.map(laneRow))}`;
  });
  return [
    '## 10,000 connections, always open',
    'Stage `prod`; each connection reads one channel and reconnects every hour.',
    ...sections,
  ].join('\n\n');
}

const laneRow = ({ option, usdPerMonth, fixedUsdPerMonth, growingUsdPerMonth, items }: Answer): readonly string[] => [
  option.status === 'planned' ? `${option.label} (not built)` : option.label,
  ...[usdPerMonth, fixedUsdPerMonth, growingUsdPerMonth].map(formatUsd),
  items
    .toSorted((a, b) => b.usdPerMonth - a.usdPerMonth)
    .slice(0, 3)
    .map((item) => `${item.label} ${formatUsd(item.usdPerMonth)}`)
    .join('; '),
];

function useCaseSection(): string {
  const plans = PRESET_IDS.map((id) => ({ id, ...plan(workloadOf(id), ANY_DAY) }));
  const costs = plans.map(({ id, answers }) => [
    `\`${id}\``,
    ...OPTIONS.map((option) => {
      const answer = answers.find((candidate) => candidate.option.id === option.id);
      return answer === undefined ? '' : `${formatUsd(answer.usdPerMonth)}${answer.fits ? '' : ' ✗'}`;
    }),
  ]);
  const choices = plans.map(({ id, recommendation }) => {
    const { flips } = recommendation;
    if (recommendation.kind === 'none') return [`\`${id}\``, 'none fits', flipsText(flips)];
    const labelOf = (option: OptionId | undefined) => OPTIONS.find((known) => known.id === option)?.label ?? 'nothing';
    const choice =
      recommendation.kind === 'recommended'
        ? labelOf(recommendation.option)
        : `undecided: ${labelOf(recommendation.between[0])}, or ${labelOf(recommendation.between[1])}. ${recommendation.because[0] ?? ''}`;
    return [`\`${id}\``, choice, flipsText(flips)];
  });
  return [
    '## Use cases',
    'The presets, each at the size that [`presets.ts`](../packages/planner/src/presets.ts) gives it with reasons. ✗: does not fit, for reasons that `npm run plan` prints.',
    markdownTable(['', ...OPTIONS.map(({ label }) => label)], costs),
    markdownTable(['', 'recommendation', 'what would reverse it'], choices),
  ].join('\n\n');
}

/** The largest item of each kind over all use cases says where to look first. */
function overlookedSection(): string {
  const items = PRESET_IDS.flatMap((id) =>
    answersTo(workloadOf(id), factsOf(REGION))
      .filter(({ option }) => option.status === 'built')
      .flatMap(({ items, mayBeAdded = [], option }) =>
        [...items, ...mayBeAdded].filter(({ overlooked }) => overlooked).map((item) => ({ id, lane: option.label, item })),
      ),
  );
  const largest = [...Map.groupBy(items, ({ item }) => item.label).values()].map(
    (group) => group.toSorted((a, b) => b.item.usdPerMonth - a.item.usdPerMonth)[0],
  );
  const rows = largest
    .filter((row) => row !== undefined)
    .toSorted((a, b) => b.item.usdPerMonth - a.item.usdPerMonth)
    .map(({ id, lane, item }) => [item.label, formatUsd(item.usdPerMonth), `\`${id}\`, ${lane}`]);
  return [
    '## Easily overlooked',
    'Each with the most that it costs in a preset, on what is built here.',
    markdownTable(['', 'USD a month', 'where'], rows),
  ].join('\n\n');
}

function figureSections(): string {
  const prices = Object.entries(PRICES[REGION]).flatMap(([id, price]) => figuresOf(price).map((figure) => figureRow(id, figure)));
  const quotas = Object.entries(QUOTAS).map(([id, quota]) => [...figureRow(id, quota), quota.adjustable ? 'yes' : 'no']);
  const capacity = Object.entries(CAPACITY).map(([id, figure]: [string, Figure]) => [
    ...figureRow(id, figure),
    figure.confidence,
    figure.range ? figure.range.map(formatNumber).join(' to ') : '',
  ]);
  const head = ['', '', 'unit', 'source', 'date'];
  return [
    '## Prices',
    markdownTable(head, prices),
    '## Quotas and limits',
    markdownTable([...head, 'adjustable'], quotas),
    '## Capacities and latencies',
    'An assumed figure has the range in which it may lie. Where an end of it would turn a recommendation around, the answer is "undecided".',
    markdownTable([...head, 'confidence', 'range'], capacity),
  ].join('\n\n');
}

const figureRow = (id: string, { value, unit, source, date }: Figure): readonly string[] => [
  `\`${id}\``,
  formatExact(value),
  unit,
  source.startsWith('https://') ? `[${new URL(source).hostname}](${source})` : source,
  date,
];
