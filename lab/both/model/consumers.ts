import type { Hub } from '../../../fargate/sse/hub/hub.ts';
import type { ChannelPosition } from '../../../packages/protocol/cursor.ts';
import { History } from './history.ts';
import type { ConsumerPlan } from './scenario.ts';
import type { SimulatedTime, Simulation } from './simulation.ts';
import type { SocketLane } from './socket-lane.ts';

export interface ConsumersWorld {
  readonly simulation: Simulation;
  readonly hubs: readonly [Hub, Hub];
  readonly lane: SocketLane;
  readonly isWiped: () => boolean;
  /** Where a consumer of this plan starts. */
  readonly startOf: (plan: ConsumerPlan) => ReadonlyMap<string, ChannelPosition> | undefined;
}

/** A consumer of one lane. It is asked to do one thing after the other. */
export interface Consumer {
  readonly histories: readonly History[];
  /** Goes through the legs of its plan, and stays connected after the last. */
  live(): Promise<void>;
  /** Leaves, and comes back at the next {@link live}. */
  leave(): void;
  /** Takes what there still is, when all is quiet. */
  finish(): Promise<void>;
}

/** The histories of a consumer, one per channel; begun where the consumer itself says where it starts. */
export function openHistories(
  name: string,
  { channels }: ConsumerPlan,
  start: ReadonlyMap<string, ChannelPosition> | undefined,
  now: SimulatedTime,
): ReadonlyMap<string, History> {
  return new Map(
    channels.map((channel) => {
      const history = new History(name, channel);
      const position = start?.get(channel);
      if (position !== undefined) history.begin('cursor', position, now);
      return [channel, history] as const;
    }),
  );
}

export function historyOf(histories: ReadonlyMap<string, History>, channel: string): History {
  const history = histories.get(channel);
  if (history === undefined) throw new Error(`something came of ${channel}, which was not asked for`);
  return history;
}
