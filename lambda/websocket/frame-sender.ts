import type { Clock } from '../../backbone/ports.ts';
import type { ServerFrame } from '../../packages/protocol/index.ts';
import type { ConnectionPoster, PostOutcome } from './ports.ts';
import { postWithinBudget } from './post-within-budget.ts';

/** With {@link postWithinBudget}'s waits about 3 s: what a client's full send buffer needs to empty, or not at all. */
const TRIES = 5;

/** The way back to the client whose frame is being answered: one frame after the other. */
export interface FrameSender {
  readonly clock: Clock;
  /** The work on the frame has to be over by then. */
  readonly deadlineMs: number;
  send(frame: ServerFrame): Promise<PostOutcome>;
  /** Sends a frame that is encoded already. */
  sendText(frame: string): Promise<PostOutcome>;
}

export function openFrameSender(options: {
  readonly connectionId: string;
  readonly deadlineMs: number;
  readonly poster: ConnectionPoster;
  readonly clock: Clock;
  readonly random: () => number;
}): FrameSender {
  const { connectionId, deadlineMs, poster, clock } = options;
  const sendText = (frame: string) => postWithinBudget(() => poster.post(connectionId, frame), { tries: TRIES, deadlineMs }, options);
  return { clock, deadlineMs, sendText, send: (frame) => sendText(JSON.stringify(frame)) };
}
