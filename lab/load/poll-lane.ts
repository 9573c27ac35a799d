import { Agent, request } from 'undici';
import type { PollResponse } from '../../packages/protocol/index.ts';
import { authorization, eventsPath, type Lane, type LaneTarget, type StreamHandlers } from './lane.ts';

/** The longest that the service waits for an event. */
const WAIT_SECONDS = 25;

/** Long polling: one request after the other, each on a connection that is kept. */
export function createPollLane(target: LaneTarget): Lane {
  const agent = new Agent({ connect: { rejectUnauthorized: !target.insecure } });
  const stopped = new AbortController();
  const { signal } = stopped;
  const base = target.url + eventsPath(target);
  const headers = { accept: 'application/json', ...authorization(target) };

  async function poll(query: string): Promise<PollResponse> {
    const { statusCode, body } = await request(base + query, { dispatcher: agent, headers, signal });
    if (statusCode === 200) return (await body.json()) as PollResponse;
    await body.dump();
    throw new Error(`answered ${statusCode}`);
  }

  async function follow(handlers: StreamHandlers): Promise<void> {
    let { cursor } = await poll('');
    handlers.onOpen(cursor);
    while (!signal.aborted) {
      const answer = await poll(`&after=${encodeURIComponent(cursor)}&waitSeconds=${WAIT_SECONDS}`);
      for (const { reason } of answer.resets ?? []) handlers.onReset(reason);
      for (const event of answer.events) handlers.onEvent(event);
      cursor = answer.cursor;
    }
  }

  return {
    open(handlers) {
      follow(handlers).catch((error: unknown) => {
        if (!signal.aborted) handlers.onEnd(error instanceof Error ? error.message : String(error));
      });
    },
    close() {
      stopped.abort();
      void agent.destroy();
    },
  };
}
