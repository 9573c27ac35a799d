import { PRESETS, withNumber } from '../../planner/src/presets.ts';
import { NUMBERS, type NumberId, parseWorkload, type Workload } from '../../planner/src/workload.ts';

/** What goes with another input by itself is an estimate, and gets no more digits than one. */
const DIGITS = 3;

/**
 * The workload with another value of one number, what the preset ties to it, and no average or fan-out above the connections.
 * @throws InvalidWorkloadError where the value is not valid
 */
export function changeNumber(workload: Workload, id: NumberId, value: number): Workload {
  const tied = withNumber(workload, id, value) ?? { ...workload, [id]: value };
  const rounded = Object.fromEntries(
    (Object.keys(NUMBERS) as NumberId[])
      .filter((other) => other !== id && tied[other] !== workload[other])
      .map((other) => [other, Number(tied[other].toPrecision(DIGITS))]),
  );
  const whole = { ...tied, ...rounded };
  // A typed fan-out above the connections is a mistake; one that was there before gives way.
  if (id !== 'connections') return parseWorkload(whole);
  const atMost = (count: number) => Math.min(count, value);
  return parseWorkload({ ...whole, averageConnections: atMost(whole.averageConnections), fanOut: atMost(whole.fanOut) });
}

/** Labels of the numbers that change when this one does. */
export function tiedTo({ preset, clientMessagesPerSecond }: Workload, id: NumberId): readonly string[] {
  if (id === 'connections') return PRESETS[preset].growsWithConnections.map((other) => NUMBERS[other].label);
  return id === 'eventsPerSecond' && clientMessagesPerSecond > 0 ? [NUMBERS.clientMessagesPerSecond.label] : [];
}
