import { METRICS } from '../../backbone/contract.ts';
import { formatPosition, type Position } from '../../backbone/domain/cursor.ts';
import { encodeEventFrame } from '../../backbone/domain/event.ts';
import type { PostOutcome } from '../../backbone/ports.ts';
import { type LogReader, ReplayExpiredError } from '../../backbone/services/log-reader.ts';
import type { Telemetry } from '../telemetry.ts';
import type { FrameSender } from './frame-sender.ts';

export interface ReplayRequest {
  readonly channel: string;
  /** Where the client stopped, or undefined when its cursor does not name the channel. */
  readonly after: Position | undefined;
  /** Where the subscription starts, for a client that cannot be resumed. */
  readonly baseline: Position;
  readonly requestId?: string;
}

/**
 * Sends what the client has missed, in order, and then `caughtUp`; when its position cannot be resumed, `reset` first,
 * and then what there is after the baseline. A replay that does not fit the time of one invocation, or is overtaken by the
 * expiry of what it reads, ends with the error `replay_incomplete`, whose `id` is the cursor to subscribe again with:
 * without it a client could not get past a tombstone.
 * @returns the outcome of the last post
 */
export async function replay(
  { channel, after, baseline, requestId }: ReplayRequest,
  sender: FrameSender,
  reader: Pick<LogReader, 'checkResume' | 'replay'>,
  telemetry: Pick<Telemetry, 'metrics'>,
): Promise<PostOutcome> {
  const repeated = requestId === undefined ? {} : { requestId };
  let from = after ?? baseline;
  if (after !== undefined) {
    const resumption = await reader.checkResume(channel, after);
    telemetry.metrics({ [METRICS.replays]: 1, [METRICS.resets]: resumption.kind === 'reset' ? 1 : 0 });
    if (resumption.kind === 'reset') {
      const outcome = await sender.send({ kind: 'reset', channel, reason: resumption.reason });
      if (outcome.kind !== 'sent') return outcome;
      from = baseline;
    } else {
      from = resumption.from;
    }
  }

  const incomplete = (resumeAtSeq: number) => {
    const id = formatPosition({ epoch: from.epoch, seq: resumeAtSeq });
    const message = `replay of channel ${channel} is not complete: subscribe again after ${id}`;
    return sender.send({ kind: 'error', code: 'replay_incomplete', message, id, ...repeated });
  };

  let settled = from.seq;
  try {
    for await (const page of reader.replay(channel, from)) {
      for (const entry of page.entries) {
        if (sender.clock.nowMs() >= sender.deadlineMs) return await incomplete(settled);
        const outcome = entry.kind === 'event' ? await sender.sendText(encodeEventFrame(entry.event)) : undefined;
        if (outcome?.kind === 'throttled' || outcome?.kind === 'unavailable') return await incomplete(settled);
        if (outcome !== undefined && outcome.kind !== 'sent') return outcome;
        // Not past an open hole: a client that resumed behind it would never get what fills it.
        if (entry.seq <= page.settled) settled = entry.seq;
      }
    }
  } catch (error) {
    if (error instanceof ReplayExpiredError) return incomplete(settled);
    throw error;
  }
  return sender.send({ kind: 'caughtUp', channel, id: formatPosition({ epoch: from.epoch, seq: settled }), ...repeated });
}
