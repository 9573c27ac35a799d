import { rmSync } from 'node:fs';
import { afterAll, expect, test } from '@jest/globals';
import { stageNamed } from '../../../lib/stages.ts';
import { AppCopy } from '../../support/app-copy.ts';
import { type Synthesis, synthesize } from '../synthesis.ts';

const cleanUp: (() => void)[] = [];

afterAll(() => {
  for (const clean of cleanUp.splice(0)) clean();
});

function synthesizeWithout(lane: string): Synthesis {
  const copy = AppCopy.linked().withoutLane(lane);
  cleanUp.push(() => copy.remove());
  const synthesis = synthesize('dev', { root: copy.root });
  cleanUp.push(() => rmSync(synthesis.outDir, { recursive: true }));
  return synthesis;
}

/** Behind CloudFront there is a stack of the edge, whatever lanes there are. */
const others = stageNamed('dev').edge.type === 'cloudfront' ? ['LanesDevBackbone', 'LanesDevEdge'] : ['LanesDevBackbone'];

test('without the SSE lane a WebSocket-only app is left', () => {
  const { status, output, templates } = synthesizeWithout('sse');
  expect(output).not.toMatch(/error/i);
  expect(status).toBe(0);
  expect(Object.keys(templates).sort()).toEqual([...others, 'LanesDevWebsocket']);
}, 120_000);

test('without the WebSocket lane an SSE-only app is left, whose console knows no WebSocket', () => {
  const { status, templates } = synthesizeWithout('websocket');
  expect(status).toBe(0);
  expect(Object.keys(templates).sort()).toEqual([...others, 'LanesDevSse']);
  expect(JSON.stringify(templates['LanesDevSse']?.toJSON()).includes('"websocket')).toBe(false);
}, 120_000);
