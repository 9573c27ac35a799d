import { figuresOf } from './figure.ts';
import type { Flip } from './flip.ts';
import { formatNumber, formatUsd } from './format.ts';
import type { Item, OptionId } from './option.ts';
import { OPTIONS } from './options.ts';
import type { Answer, DataAge, Plan, Recommendation } from './plan.ts';
import { PRESETS } from './presets.ts';
import { type Effect, swingOf } from './sensitivity.ts';
import type { Workload } from './workload.ts';

/** Effects that are shown. */
const EFFECTS = 5;

/** What `npm run plan` prints: the options, the bill of the best one, and the recommendation last. */
export function planText({ workload, answers, recommendation, data }: Plan, effects: readonly Effect[]): string {
  const [first] = answers;
  return [
    workloadText(workload),
    optionsText(answers),
    ...(first ? [billText(first)] : []),
    ...(effects.length > 0 ? [effectsText(effects)] : []),
    dataText(data),
    recommendationText(recommendation),
  ].join('\n\n');
}

export function workloadText(workload: Workload): string {
  const { preset, connections, averageConnections, eventsPerSecond, fanOut, eventBytes, clientMessagesPerSecond, stage, region } = workload;
  const sends = clientMessagesPerSecond > 0 ? `, ${formatNumber(clientMessagesPerSecond)} messages a second from each` : '';
  return [
    `${PRESETS[preset].label}: ${formatNumber(connections)} connections at peak, ${formatNumber(averageConnections)} on average${sends};`,
    `${formatNumber(eventsPerSecond)} events a second of ${formatNumber(eventBytes)} bytes to ${formatNumber(fanOut)} connections each; stage ${stage} in ${region}, ${workload.hoursPerMonth} h a month`,
  ].join('\n');
}

export function optionsText(answers: readonly Answer[]): string {
  const rows = answers.map((answer) => {
    const { option, usdPerMonth, fixedUsdPerMonth, growingUsdPerMonth, overlookedUsdPerMonth, delivery, tasks, fits } = answer;
    const usd = [usdPerMonth, fixedUsdPerMonth, growingUsdPerMonth, overlookedUsdPerMonth].map(formatUsd);
    return [
      option.label,
      ...usd,
      formatNumber(delivery.p99Ms),
      tasks ? String(tasks.count) : '',
      firstLimitText(answer),
      fits ? 'yes' : 'no',
    ];
  });
  const head = [
    '',
    'USD a month',
    'fixed',
    'growing',
    'overlooked',
    'p99 ms',
    'tasks',
    'first limit, and at how many times this load',
    'fits',
  ];
  const reasons = answers
    .filter(({ fits }) => !fits)
    .map(({ option, unfitBecause }) => `  ${option.label} does not fit: ${unfitBecause.join('; ')}`);
  return [table([head, ...rows], [0, 7, 8]), ...reasons].join('\n');
}

const firstLimitText = ({ firstLimit }: Answer): string =>
  firstLimit ? `${firstLimit.label}, ${formatNumber(firstLimit.reachedAtTimes)}` : 'none';

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
    const { id, kind, values, usdPerMonth } = effect;
    const [low, high] = values.map(formatNumber);
    return [
      `${id}${kind === 'assumption' ? ' (assumed)' : ''}`,
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
  if (recommendation.kind === 'none') return ['Recommendation: none of these fits', ...indented(recommendation.because)].join('\n');

  const { because, runnerUp, flip, changingLater } = recommendation;
  const verdict =
    recommendation.kind === 'recommended'
      ? `Recommendation: ${labelOf(recommendation.option)}`
      : `Undecided: ${labelOf(recommendation.between[0])}, or ${labelOf(recommendation.between[1])}`;
  return [
    verdict,
    ...indented([
      ...because,
      `runner-up: ${labelOf(runnerUp)}`,
      `what would reverse it: ${flip ? flipText(flip) : 'no single number within a factor of a thousand'}`,
      `changing later: ${changingLater}`,
    ]),
  ].join('\n');
}

export function flipText({ label, unit, from, to, towards }: Flip): string {
  const beyond = towards === undefined ? 'nothing fits any more' : labelOf(towards);
  return `${label} ${to > from ? 'above' : 'below'} ${formatNumber(to)} ${unit} (now ${formatNumber(from)}): ${beyond}`;
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
