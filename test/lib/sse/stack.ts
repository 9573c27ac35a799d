import type { Stage } from '../../../lib/config.ts';
import { SseStack } from '../../../lib/sse/sse-stack.ts';
import { testApp, testBackbone } from '../harness.ts';

/** The SSE lane of a stage, in an app of its own. */
export function makeStack(stage: Stage, webSocketUrl?: string): SseStack {
  const app = testApp();
  return new SseStack(app, 'Sse', { env: { region: stage.region }, stage, ...testBackbone(stage, app), webSocketUrl });
}
