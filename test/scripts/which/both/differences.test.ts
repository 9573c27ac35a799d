import { expect, test } from '@jest/globals';
import { evidenceFor } from '../../../../packages/planner/src/evidence.ts';
import { type Row, rowOf } from '../../../../packages/planner/src/matrix.ts';
import { VERDICTS, type Verdict } from '../../../../packages/planner/src/thresholds.ts';
import { differences } from '../../../../scripts/which/differences.ts';

const rowWith = (websocket: Verdict): Row => {
  const row = rowOf('chat', evidenceFor('chat', undefined));
  return { ...row, websocket: { ...row.websocket, verdict: websocket } };
};

test('the sentence on chat is there only while the WebSocket lane is overkill', () => {
  expect(VERDICTS.filter((verdict) => differences.chat?.appliesTo(rowWith(verdict)))).toEqual(['overkill']);
});

test('the sentence on games is there only while nothing fits', () => {
  const game = differences['multiplayer-game'];
  expect(game?.appliesTo(rowWith('not-suitable'))).toBe(true);
  expect(game?.appliesTo(rowWith('best-fit'))).toBe(false);
});
