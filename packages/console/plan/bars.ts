import type { Answer } from '../../planner/src/plan.ts';

/** A part of a bar: fixed or growing, and whether estimates tend to leave it out. */
export interface BarPart {
  readonly kind: 'fixed' | 'growing';
  readonly overlooked: boolean;
  /** Share of the whole width, from 0 to 1. */
  readonly shown: number;
}

export interface Bars {
  /** In the order of the answers. */
  readonly bars: readonly (readonly BarPart[])[];
  /** What the whole width stands for: longer bars are cut, so that cheap ones can be seen. */
  readonly endUsd: number;
}

/** Bars end at so many times the cost of the first one. */
const LONGEST = 6;

const PARTS = (['fixed', 'growing'] as const).flatMap((kind) => [false, true].map((overlooked) => ({ kind, overlooked })));

export function barsOf(answers: readonly Answer[]): Bars {
  const dearest = Math.max(...answers.map(({ usdPerMonth }) => usdPerMonth));
  const first = answers[0]?.usdPerMonth ?? 0;
  const endUsd = first > 0 ? Math.min(dearest, first * LONGEST) : dearest;
  return { bars: answers.map((answer) => barOf(answer, endUsd)), endUsd };
}

function barOf({ items }: Answer, endUsd: number): readonly BarPart[] {
  let left = 1;
  return PARTS.map(({ kind, overlooked }) => {
    const ofPart = items.filter((item) => item.kind === kind && item.overlooked === overlooked);
    const usd = ofPart.reduce((sum, { usdPerMonth }) => sum + usdPerMonth, 0);
    const shown = endUsd > 0 ? Math.min(left, usd / endUsd) : 0;
    left -= shown;
    return { kind, overlooked, shown };
  });
}
