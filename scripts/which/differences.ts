import type { UseCaseId } from '../../packages/planner/src/thresholds.ts';

/** Where our verdict is not the field's, a sentence on what the numbers alone do not say. Written once the figures exist. */
export const differences: Readonly<Partial<Record<UseCaseId, string>>> = {};
