import { Template } from 'aws-cdk-lib/assertions';
import type { Stage } from '../../../lib/stage.ts';
import { WebSocketStack } from '../../../lib/websocket/websocket-stack.ts';
import { laneProps } from '../harness.ts';

export function synthesize(stage: Stage): Template {
  const { app, ...props } = laneProps(stage, stage.websocket);
  return Template.fromStack(new WebSocketStack(app, 'Websocket', props));
}

/** Shortens the names of resources, and leaves out the log groups, which every function has. */
export const readable = (lines: readonly string[]) =>
  lines
    .filter((line) => !line.startsWith('logs:'))
    .map((line) =>
      line
        .replace(/<Backbone:ExportsOutput(FnGetAtt|Ref)([A-Za-z]+?)[0-9A-F]{8}(Arn)?[0-9A-F]{8}>/, '<$2>')
        .replace(/[0-9A-F]{8}(?=[.>])/g, ''),
    );
