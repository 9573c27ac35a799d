import type { Option, OptionId } from './option.ts';
import { appSyncEvents } from './options/appsync-events.ts';
import { broker } from './options/broker.ts';
import { iotCore } from './options/iot-core.ts';
import { lambdaStreaming } from './options/lambda-streaming.ts';
import { longPoll } from './options/long-poll.ts';
import { poll } from './options/poll.ts';
import { sseLane } from './options/sse-lane.ts';
import { websocketFargate } from './options/websocket-fargate.ts';
import { websocketLane } from './options/websocket-lane.ts';
import { isDeployed } from './parts/stacks.ts';

/** What each option's bill is counted from: a project that has left a lane out cannot plan for it. */
const OF_THE_SSE_LANE: readonly Option[] = [sseLane, websocketFargate, longPoll, poll, broker];

export const OPTIONS: readonly Option[] = [
  ...(isDeployed('Websocket') ? [websocketLane] : []),
  ...(isDeployed('Sse') ? OF_THE_SSE_LANE : []),
  lambdaStreaming,
  appSyncEvents,
  iotCore,
];

/** Whether it is one of the lanes that this project deploys. */
export const isLane = ({ id }: Pick<Option, 'id'>): boolean => id === 'sse-lane' || id === 'websocket-lane';

/** @throws RangeError where there is none */
export function optionOf(id: OptionId): Option {
  const option = OPTIONS.find((candidate) => candidate.id === id);
  if (option !== undefined) return option;
  throw new RangeError(`option ${JSON.stringify(id)} is not known: choose one of ${OPTIONS.map((known) => known.id).join(', ')}`);
}
