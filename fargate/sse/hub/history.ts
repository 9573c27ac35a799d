import { type HistoryRequest, readHistory } from '../../../backbone/services/history.ts';
import { inTurn } from './catch-up.ts';
import { jsonBytes } from './json-bytes.ts';
import { once } from './once.ts';
import { NoMemoryError, PageMemory } from './page-memory.ts';
import type { PollsOptions } from './polls.ts';
import type { HistoryOutcome } from './requests.ts';

/**
 * A page of a channel's history. It is bounded like a poll: it counts as one of its principal's, reads the log when it
 * is the principal's turn, and takes memory until its client has it.
 * @param signal aborts when the client has left
 */
export async function readPage(
  request: HistoryRequest,
  principal: string,
  signal: AbortSignal,
  { admission, clock, reader, reads, lookups, ...options }: Omit<PollsOptions, 'draining' | 'presence'>,
): Promise<HistoryOutcome> {
  const admitted = admission.admit([], principal);
  if (typeof admitted === 'string') return { kind: admitted };
  const memory = new PageMemory(options.memory, principal, clock);
  const { revoked } = memory;
  const release = once(() => {
    admission.leave(principal);
    memory.release();
  });
  try {
    const left = AbortSignal.any([signal, revoked]);
    const maxBytes = await memory.take(undefined, left);
    const page = await readHistory(
      request,
      { maxBytes, bytesOf: jsonBytes },
      {
        baseline: (channel) => inTurn(lookups, { principal }, left, () => reader.baseline(channel)),
        readBack: (...where) => inTurn(reads, { principal }, left, () => reader.readBack(...where)),
      },
    );
    memory.shrink(page.events.reduce((bytes, event) => bytes + jsonBytes(event), 0));
    return { kind: 'page', page, revoked, release };
  } catch (error) {
    release();
    if (error instanceof NoMemoryError) return { kind: 'busy' };
    throw error;
  }
}
