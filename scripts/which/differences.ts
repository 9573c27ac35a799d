import { CAPACITY } from '../../packages/planner/src/data/capacity.ts';
import type { Row } from '../../packages/planner/src/matrix.ts';
import type { Remark } from '../../packages/planner/src/matrix-text.ts';
import { USE_CASES, type UseCaseId } from '../../packages/planner/src/thresholds.ts';

const costsMore = ({ websocket, sse }: Row): boolean => (websocket.usdPerMonth ?? 0) > (sse.usdPerMonth ?? 0);

const busIsTooSlowFor = (useCase: UseCaseId): boolean => CAPACITY.busP99Ms.range[0] > USE_CASES[useCase].ceilingMs;

/** Where our verdict is not the field's, a sentence on what the numbers alone do not say. */
export const differences: Readonly<Partial<Record<UseCaseId, Remark>>> = {
  chat: {
    text: 'API Gateway bills every delivery to every member of a room; a task pays for the bytes.',
    appliesTo: (row) => row.websocket.verdict === 'overkill' && costsMore(row),
  },
  'multiplayer-game': {
    text: 'The bus alone is assumed to take more than 100 ms at the p99, so nothing behind it fits a game in the first person, whatever its transport.',
    appliesTo: (row) => Object.values(row).every(({ verdict }) => verdict !== 'best-fit') && busIsTooSlowFor('multiplayer-game'),
  },
};
