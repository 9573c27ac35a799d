import type { Crossing, Point } from './break-even.ts';
import { CAPACITY } from './data/capacity.ts';
import { formatNumber, formatUsd } from './format.ts';
import type { OptionId } from './option.ts';
import { PRESETS } from './presets.ts';
import { table } from './text.ts';
import { NUMBERS, type NumberId, PRESET_IDS } from './workload.ts';

export interface AlongInput {
  readonly input: NumberId;
  readonly points: readonly Point[];
  /** Values that make no sense with the rest of the workload. */
  readonly leftOut: readonly number[];
  readonly crossings: readonly { readonly between: readonly OptionId[]; readonly at: readonly Crossing[] }[];
}

/** Costs along an input, a row for each value, and where options change places. */
export function variedText({ input, points, leftOut, crossings }: AlongInput): string {
  const ids = Object.keys(points[0]?.usdPerMonth ?? {}) as OptionId[];
  const rows = points.map(({ value, usdPerMonth, unfit, best }) => [
    formatNumber(value),
    ...ids.map((id) => `${unfit.includes(id) ? '✗ ' : ''}${formatUsd(usdPerMonth[id] ?? 0)}`),
    best ?? 'none',
  ]);
  const numbers = (values: readonly number[]) => values.map(formatNumber).join('; ');
  const worked = points.filter(({ best, bestWithoutWork }) => best !== bestWithoutWork).map(({ value }) => value);
  const notes = [
    ...(points.some(({ unfit }) => unfit.length > 0) ? ['✗: does not fit; npm run plan without --vary says why'] : []),
    ...(worked.length > 0
      ? [
          `best fit counts ${formatNumber(CAPACITY.integrationUsdPerMonth.value)} USD a month of work (assumed) on what others built; it decides at ${numbers(worked)}`,
        ]
      : []),
    ...(leftOut.length > 0
      ? [`left out: ${numbers(leftOut)}, where the average or the fan-out would be more than the connections at peak`]
      : []),
  ];
  const { label, unit } = NUMBERS[input];
  const lines = crossings.flatMap(({ between, at }) =>
    at.length === 0
      ? [`${between.join(' and ')}: no break-even in this range`]
      : at.map(
          (crossing) => `${crossing.cheaperBelow} is cheaper below ${formatNumber(crossing.value)} ${unit}, ${crossing.cheaperAbove} above`,
        ),
  );
  return [`USD a month along: ${label} (${unit})`, table([['', ...ids, 'best fit'], ...rows], [ids.length + 1]), ...notes, ...lines].join(
    '\n',
  );
}

export function presetsText(): string {
  const rows = PRESET_IDS.map((id) => {
    const { label, workload } = PRESETS[id];
    const { connections, averageConnections, eventsPerSecond, fanOut, deliverWithinMs } = workload;
    return [id, label, ...[connections, averageConnections, eventsPerSecond, fanOut, deliverWithinMs].map(formatNumber)];
  });
  const head = ['preset', '', 'connections at peak', 'on average', 'events/s', 'fan-out', 'within ms'];
  return `${table([head, ...rows], [0, 1])}\n\nPlan one: npm run plan -- --preset chat --connections 20000 (see --help)`;
}
