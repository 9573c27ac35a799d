import { setTimeout as sleep } from 'node:timers/promises';
import { Agent, request } from 'undici';
import type { WebSocket } from 'ws';
import { type ChannelPosition, parsePosition } from '../../packages/protocol/cursor.ts';
import type { PublishResponse, ServerFrame } from '../../packages/protocol/index.ts';
import { authorization, type LaneTarget } from './lane.ts';
import { closeReason, openLaneSocket, sendFrame } from './websocket-lane.ts';

/** Publishes one event. */
export interface Publisher {
  /** @throws Error with the reason why the event was not acknowledged */
  publish(data: string): Promise<ChannelPosition>;
  close(): void;
}

/** Publishes by POST. */
export function createHttpPublisher(target: LaneTarget): Publisher {
  const agent = new Agent({ connect: { rejectUnauthorized: !target.insecure } });
  const url = `${target.url}/v1/channels/${encodeURIComponent(target.channel)}/events`;
  const headers = { 'content-type': 'application/json', ...authorization(target) };
  return {
    async publish(data) {
      const { statusCode, body } = await request(url, { method: 'POST', dispatcher: agent, headers, body: JSON.stringify({ data }) });
      if (statusCode === 201) return parsePosition(((await body.json()) as PublishResponse).id);
      await body.dump();
      throw new Error(`publishing was answered ${statusCode}`);
    },
    close: () => void agent.destroy(),
  };
}

/** Publishes over a socket of the WebSocket lane. */
export async function createSocketPublisher(target: LaneTarget): Promise<Publisher> {
  const socket = openLaneSocket(target);
  const waiting = new Map<string, PromiseWithResolvers<ChannelPosition>>();
  await opened(socket);
  socket.on('message', (bytes) => {
    const frame = JSON.parse(bytes.toString()) as ServerFrame;
    if (frame.kind !== 'published' && frame.kind !== 'error') return;
    const answer = waiting.get(frame.requestId ?? '');
    waiting.delete(frame.requestId ?? '');
    if (frame.kind === 'published') answer?.resolve(parsePosition(frame.id));
    else answer?.reject(new Error(`publishing was answered ${frame.code}`));
  });
  socket.on('close', (code) => {
    for (const { reject } of waiting.values()) reject(new Error(`the publishing socket was ${closeReason(code)}`));
  });
  let requests = 0;
  return {
    publish(data) {
      const requestId = String(++requests);
      const answer = Promise.withResolvers<ChannelPosition>();
      waiting.set(requestId, answer);
      sendFrame(socket, { action: 'publish', channel: target.channel, data, requestId });
      return answer.promise;
    },
    close: () => socket.terminate(),
  };
}

function opened(socket: WebSocket): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.on('open', resolve);
    socket.on('error', reject);
  });
}

/**
 * Calls at planned times, and does not wait for what was called before: a server that slows down must not slow the load down.
 * Resolves when the last one was called.
 */
export async function atRate(perSecond: number, calls: number, signal: AbortSignal, call: (plannedMs: number) => void): Promise<void> {
  const startMs = performance.now();
  for (let index = 0; index < calls && !signal.aborted; index++) {
    const plannedMs = startMs + (index * 1_000) / perSecond;
    const aheadMs = plannedMs - performance.now();
    // A timer is a millisecond coarse, and at high rates several are due at once.
    if (aheadMs >= 1) await sleep(aheadMs, undefined, { signal }).catch(() => undefined);
    if (!signal.aborted) call(plannedMs);
  }
}
