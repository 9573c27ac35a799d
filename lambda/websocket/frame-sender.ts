import type { Clock } from '../../backbone/ports.ts';
import type { ServerFrame } from '../../packages/protocol/index.ts';
import type { ConnectionPoster, PostOutcome } from './ports.ts';
import { postWithinBudget } from './post-within-budget.ts';

/**
 * With the waits of {@link postWithinBudget} about 3 s: a client's full send buffer empties within that time,
 * or not at all.
 */
const TRIES = 5;

/** Sends frames to the client whose frame is being answered, one after another. */
export interface FrameSender {
  readonly clock: Clock;
  /** The work on the frame must be finished by then. */
  readonly deadlineMs: number;
  send(frame: ServerFrame): Promise<PostOutcome>;
  /** Sends a frame that is already encoded. */
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
