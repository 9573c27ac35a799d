import { expect, test } from '@jest/globals';
import { parseStage } from '../../../lib/stage.ts';
import { dev } from '../fixed-stages.ts';

test('rejects a rollout that CodeDeploy does not offer', () => {
  const fanOut = { ...dev.websocket.fanOut, rollout: 'Canary50Percent1Minute' };
  expect(() => parseStage({ ...dev, websocket: { ...dev.websocket, fanOut } }, 'test stage')).toThrow(
    /websocket\.fanOut\.rollout: "Canary50Percent1Minute" is not valid/,
  );
});
