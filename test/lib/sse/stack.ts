import { SseStack } from '../../../lib/sse/sse-stack.ts';
import type { Stage } from '../../../lib/stage.ts';
import { laneProps } from '../harness.ts';

/** The SSE lane of a stage, in an app of its own. */
export function makeStack(stage: Stage, peers: Readonly<Record<string, string>> = {}): SseStack {
  const { app, ...props } = laneProps(stage, stage.sse, { peers });
  return new SseStack(app, 'Sse', props);
}
