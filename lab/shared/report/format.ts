import { type Goal, isReached } from './section.ts';

/** Three digits that mean something, with thousands separated: `1.23`, `45.6`, `152,000`. */
export function figure(value: number): string {
  if (!Number.isFinite(value)) return '–';
  const magnitude = value === 0 ? 0 : Math.floor(Math.log10(Math.abs(value)));
  if (magnitude >= 2) return (Math.round(value / 10 ** (magnitude - 2)) * 10 ** (magnitude - 2)).toLocaleString('en');
  return value.toFixed(Math.min(4, 2 - magnitude));
}

/** `–` where there is none. */
export function figureOrNone(value: number | undefined): string {
  return value === undefined ? '–' : figure(value);
}

/** For example `1.31 x`. */
export function ratioText(value: number | undefined): string {
  return value === undefined ? '–' : `${figure(value)} x`;
}

export const GOAL_COLUMNS = ['goal', 'asked', 'measured', 'reached'] as const;

export function goalRow(goal: Goal): readonly string[] {
  const { text, bound, target, measured, unit, note } = goal;
  const amount = (value: number) => (unit === undefined ? `${figure(value)} x` : `${figure(value)} ${unit}`);
  const reached = isReached(goal);
  return [
    note === undefined ? text : `${text} (${note})`,
    `${bound} ${amount(target)}`,
    measured === undefined ? 'not measured' : amount(measured),
    reached === undefined ? '–' : reached ? 'yes' : 'NO',
  ];
}
