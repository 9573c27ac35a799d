import type { Crossing, Point } from './break-even.ts';
import { formatNumber, formatUsd } from './format.ts';
import type { OptionId } from './option.ts';
import { PRESETS } from './presets.ts';
import { table } from './text.ts';
import { NUMBERS, type NumberId, PRESET_IDS } from './workload.ts';

export interface AlongInput {
  readonly input: NumberId;
  readonly points: readonly (Point & { readonly best: OptionId | undefined })[];
  readonly crossings: readonly { readonly between: readonly OptionId[]; readonly at: readonly Crossing[] }[];
}

/** Costs along an input, a row for each value, and where options change places. */
export function variedText({ input, points, crossings }: AlongInput): string {
  const ids = Object.keys(points[0]?.usdPerMonth ?? {}) as OptionId[];
  const rows = points.map(({ value, usdPerMonth, best }) => [
    formatNumber(value),
    ...ids.map((id) => formatUsd(usdPerMonth[id] ?? 0)),
    best ?? 'nothing fits',
  ]);
  const { label, unit } = NUMBERS[input];
  const lines = crossings.flatMap(({ between, at }) =>
    at.length === 0
      ? [`${between.join(' and ')}: no break-even in this range`]
      : at.map(
          (crossing) => `${crossing.cheaperBelow} is cheaper below ${formatNumber(crossing.value)} ${unit}, ${crossing.cheaperAbove} above`,
        ),
  );
  return [`USD a month along: ${label} (${unit})`, table([['', ...ids, 'best fit'], ...rows], [ids.length + 1]), ...lines].join('\n');
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
