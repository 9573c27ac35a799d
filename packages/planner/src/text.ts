import { figuresOf } from './figure.ts';
import { reachedText } from './first-limit.ts';
import type { Flip } from './flip.ts';
import { formatNumber, formatUsd } from './format.ts';
import { clientMessagesOf, eventsOf } from './load.ts';
import type { Item, OptionId } from './option.ts';
import { OPTIONS } from './options.ts';
import { type Answer, type DataAge, firstNamed, type Plan, type Recommendation } from './plan.ts';
import { PRESETS } from './presets.ts';
import { raisesOf, raiseText } from './raises.ts';
import { type Effect, swingOf } from './sensitivity.ts';
import { NEEDS, type NeedId, NUMBERS, type Workload } from './workload.ts';

/** Effects that are shown. */
const EFFECTS = 5;

/** What `npm run plan` prints: the options, the bill of the best one, and the recommendation last. */
export function planText({ workload, answers, recommendation, data }: Plan, effects: readonly Effect[]): string {
  const named = firstNamed(recommendation);
  const first = answers.find(({ option }) => option.id === named);
  return [
    workloadText(workload),
    optionsText(answers),
    first ? billText(first) : 'No bill, because none fits: --compare prints that of every option.',
    ...(effects.length > 0 ? [effectsText(effects)] : []),
    dataText(data),
    recommendationText(recommendation),
  ].join('\n\n');
}

export function workloadText(workload: Workload): string {
  const { preset, connections, averageConnections, fanOut, eventBytes, clientMessagesPerSecond, stage, region } = workload;
  const count = (value: number, one: string) => `${formatNumber(value)} ${one}${value === 1 ? '' : 's'}`;
  const sends =
    clientMessagesPerSecond > 0
      ? `, ${count(clientMessagesPerSecond, 'message')} a second of ${count(workload.clientMessageBytes, 'byte')} from each`
      : '';
  const needs = (Object.keys(NEEDS) as NeedId[]).filter((id) => workload[id]).map((id) => NEEDS[id]);
  return [
    `${PRESETS[preset].label}: ${count(connections, 'connection')} at peak, ${formatNumber(averageConnections)} on average${sends};`,
    `${count(eventsOf(workload), 'event')} a second of ${count(eventBytes, 'byte')} to ${count(fanOut, 'connection')} each; stage ${stage} in ${region}, ${workload.hoursPerMonth} h a month;`,
    `${count(workload.subscriptionsPerConnection, 'channel')} and ${count(workload.reconnectsPerDay, 'reconnect')} a day for each connection; a poll every ${workload.pollIntervalSeconds} s`,
    `needs: delivery within ${formatNumber(workload.deliverWithinMs)} ms (p99)${needs.map((need) => `; ${need}`).join('')}`,
    `load grows with the connections: ${PRESETS[preset].growsWithConnections.map((id) => NUMBERS[id].label.toLowerCase()).join(', ')}`,
    ...eventsNote(workload),
  ].join('\n');
}

/** Where clients send more than the events that are given. */
export function eventsNote(workload: Workload): readonly string[] {
  const sent = clientMessagesOf(workload);
  if (sent <= workload.eventsPerSecond) return [];
  return [
    `clients send ${formatNumber(sent)} messages a second, more than the ${formatNumber(workload.eventsPerSecond)} events given: each message is an event, and ${formatNumber(sent)} are billed`,
  ];
}

export function optionsText(answers: readonly Answer[]): string {
  const rows = answers.map((answer) => {
    const { option, usdPerMonth, fixedUsdPerMonth, growingUsdPerMonth, overlookedUsdPerMonth, delivery, tasks, fits, limits } = answer;
    const usd = [usdPerMonth, fixedUsdPerMonth, growingUsdPerMonth, overlookedUsdPerMonth].map(formatUsd);
    return [
      option.label,
      ...usd,
      formatNumber(delivery.p99Ms),
      tasks ? String(tasks.count) : '',
      firstLimitText(answer),
      fits ? ['yes', ...raisesOf(limits).map(raiseText)].join(', ') : 'no',
    ];
  });
  const head = ['', 'USD a month', 'fixed', 'growing', 'overlooked', 'p99 ms, calculated', 'tasks', 'first limit', 'fits'];
  const reasons = answers
    .filter(({ fits }) => !fits)
    .map(({ option, unfitBecause }) => `  ${option.label} does not fit: ${unfitBecause.join('; ')}`);
  return [table([head, ...rows], [0, 7, 8]), ...reasons].join('\n');
}

const firstLimitText = ({ firstLimit }: Answer): string => (firstLimit ? `${firstLimit.label}, ${reachedText(firstLimit)}` : 'none');

/** The bill, item by item: what is easily overlooked stands apart. */
export function billText({ option, items, mayBeAdded = [], tasks }: Answer): string {
  const part = (title: string, part: readonly Item[]) => {
    if (part.length === 0) return [];
    const sum = part.reduce((usd, { usdPerMonth }) => usd + usdPerMonth, 0);
    const rows = [...part].toSorted((a, b) => b.usdPerMonth - a.usdPerMonth).map(itemRow);
    return [`${title}: ${formatUsd(sum)}`, table(rows, [0, 3, 4], '  ')];
  };
  return [
    `Bill of ${option.label}, USD a month${tasks ? ` (${tasks.count} tasks at peak: ${tasks.because})` : ''}`,
    ...part(
      'Fixed',
      items.filter(({ kind, overlooked }) => kind === 'fixed' && !overlooked),
    ),
    ...part(
      'Growing',
      items.filter(({ kind, overlooked }) => kind === 'growing' && !overlooked),
    ),
    ...part(
      'Easily overlooked',
      items.filter(({ overlooked }) => overlooked),
    ),
    ...part('Not in the sums', mayBeAdded),
  ].join('\n');
}

function itemRow({ label, usdPerMonth, quantity, unit, price, kind, overlooked, from }: Item): readonly string[] {
  const [newest = ''] = figuresOf(price)
    .map(({ date }) => date)
    .sort()
    .reverse();
  const assumed = from.some(({ confidence }) => confidence === 'assumed') ? ', partly assumed' : '';
  return [label, formatUsd(usdPerMonth), formatNumber(quantity), unit, `${overlooked ? `${kind}, ` : ''}documented ${newest}${assumed}`];
}

function effectsText(effects: readonly Effect[]): string {
  const rows = effects.slice(0, EFFECTS).map((effect) => {
    const { label, kind, values, usdPerMonth } = effect;
    const [low, high] = values.map(formatNumber);
    return [
      `${label}${kind === 'assumption' ? ' (assumed)' : ''}`,
      `${low} to ${high}`,
      `${usdPerMonth.map(formatUsd).join(' to ')}`,
      formatUsd(swingOf(effect)),
    ];
  });
  return `What moves this cost most\n${table([['', 'from and to', 'USD a month', 'difference'], ...rows], [0], '  ')}`;
}

export const dataText = ({ oldest, newest, days }: DataAge): string =>
  `Figures: list prices without free tiers and taxes, read and measured from ${oldest} to ${newest}; the oldest is ${days} days old.`;

const labelOf = (id: OptionId | undefined): string => OPTIONS.find((option) => option.id === id)?.label ?? 'nothing';

/** The last thing that a reader sees. */
export function recommendationText(recommendation: Recommendation): string {
  const indented = (lines: readonly string[]) => lines.map((line) => `  ${line}`);
  const reverse = `what would reverse it: ${flipsText(recommendation.flips)}`;
  if (recommendation.kind === 'none')
    return ['Recommendation: none of these fits', ...indented([...recommendation.because, reverse])].join('\n');

  const { because, runnerUp, changingLater } = recommendation;
  const verdict =
    recommendation.kind === 'recommended'
      ? `Recommendation: ${labelOf(recommendation.option)}`
      : `Undecided: ${labelOf(recommendation.between[0])}, or ${labelOf(recommendation.between[1])}`;
  return [verdict, ...indented([...because, `runner-up: ${labelOf(runnerUp)}`, reverse, `changing later: ${changingLater}`])].join('\n');
}

export const flipsText = (flips: readonly Flip[]): string =>
  flips.length === 0 ? 'no single number within a factor of a thousand' : flips.map(flipText).join('; or ');

function flipText({ input, from, to, away, towards }: Flip): string {
  const { label, unit, whole } = NUMBERS[input];
  const where = whole
    ? `${label} ${to.toLocaleString('en')} ${to > from ? 'or more' : 'or fewer'} (now ${from.toLocaleString('en')})`
    : `${label} ${to > from ? 'above' : 'below'} ${formatNumber(to)} ${unit} (now ${formatNumber(from)})`;
  if (towards === undefined) return `${where}: nothing fits any more`;
  return `${where}: ${labelOf(towards)}${away === undefined ? ' fits' : ''}`;
}

/** Columns of equal width: those that are named are text, and numbers go to the right. */
export function table(rows: readonly (readonly string[])[], textColumns: readonly number[], indent = ''): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  return rows
    .map((row) => {
      const cells = row.map((cell, column) =>
        textColumns.includes(column) ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
      );
      return `${indent}${cells.join('  ').trimEnd()}`;
    })
    .join('\n');
}
