import type { UseCaseId } from '../../packages/planner/src/thresholds.ts';

/** Where our verdict is not the field's, a sentence on what the numbers alone do not say. Written once the figures exist. */
export const differences: Readonly<Partial<Record<UseCaseId, string>>> = {
  chat: 'API Gateway bills every delivery to every member of a room; a task pays for the bytes.',
  'multiplayer-game':
    'The bus alone is assumed to take more than 100 ms at the p99, so nothing behind it fits a game in the first person, whatever its transport.',
};
