import { PRESETS } from '../../planner/src/presets.ts';
import { NUMBERS, type NumberId, type Workload } from '../../planner/src/workload.ts';

/** Round values of a decade, about as far apart from each other on a log scale. */
const ROUND = [1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8];

/** Where a scale that begins at 0 goes on: below it, values make no difference. */
const LEAST: Partial<Readonly<Record<NumberId, number>>> = { eventsPerSecond: 0.001, clientMessagesPerSecond: 0.001 };

/** The lowest value of an input that a log scale can show. */
export const leastOf = (id: NumberId): number => NUMBERS[id].min || (LEAST[id] ?? 1);

/** Values of a slider, in rising order: round ones over all decades, both ends, and the preset's own. */
export function stopsOf(workload: Workload, id: NumberId): readonly number[] {
  const { min, max } = NUMBERS[id];
  const most = id === 'averageConnections' || id === 'fanOut' ? Math.min(max, workload.connections) : max;
  const least = leastOf(id);
  const decades = Array.from({ length: Math.ceil(Math.log10(most / least)) + 1 }, (_, index) => Math.floor(Math.log10(least)) + index);
  const round = decades
    .flatMap((decade) => ROUND.map((digits) => Number(`${digits}e${decade}`)))
    .filter((value) => value >= least && (least < 1 || Number.isInteger(value)));
  const stops = [min, ...round, PRESETS[workload.preset].workload[id], most].filter((value) => value <= most);
  return [...new Set(stops)].sort((a, b) => a - b);
}

/** The place of the stop that is nearest to a value, on a log scale. */
export function placeOf(stops: readonly number[], value: number): number {
  const distance = (stop: number) => (stop === 0 || value === 0 ? Math.abs(stop - value) * 1_000_000 : Math.abs(Math.log(stop / value)));
  return stops.reduce((nearest, stop, place) => (distance(stop) < distance(stops[nearest] ?? 0) ? place : nearest), 0);
}
