import type http from 'node:http';
import { KINDS_HEADER, type LatestEntry, type PollResponse } from '../../../protocol/index.ts';
import type { Listener, StubState } from './stub-state.ts';

export function openLatestStream(
  { latest, counts, faults }: StubState,
  channel: string,
  state: string | undefined,
  response: http.ServerResponse,
): Listener {
  response.writeHead(200, { 'content-type': faults.streamType, [KINDS_HEADER]: 'latest' });
  const send = (type: string, data: object) => response.write(`event: ${type}\ndata: ${JSON.stringify(data)}\n\n`);
  const pump = (entry: LatestEntry) => {
    counts.delivered++;
    for (let nth = 0; nth < (faults.double ? 2 : 1); nth++) send('latest', { channel, ...entry });
  };
  const { entries, end } = latest.snapshot(channel, state);
  response.write(`retry: ${faults.retryMs}\n`);
  for (const entry of entries) pump(entry);
  send('snapshot', end);
  return { channels: [channel], pump: (entry) => entry && pump(entry), expire: () => response.end('event: expired\ndata: {}\n\n') };
}

export function openLatestPoll(
  { latest, counts }: StubState,
  channel: string,
  state: string | undefined,
  response: http.ServerResponse,
  waitMs: number,
): Listener {
  const answer = (news: PollResponse['latest']) => {
    clearTimeout(timer);
    counts.delivered += news?.[0]?.entries.length ?? 0;
    response
      .writeHead(200, { 'content-type': 'application/json', [KINDS_HEADER]: 'latest' })
      .end(JSON.stringify({ events: [], cursor: '', ...(news && { latest: news }) } satisfies PollResponse));
  };
  const timer = setTimeout(() => answer(undefined), waitMs);
  response.once('close', () => clearTimeout(timer));
  const { entries, end } = latest.snapshot(channel, state);
  if (!end.unchanged) answer([{ channel, entries, snapshot: true, state: end.state }]);
  return {
    channels: [channel],
    pump(entry) {
      if (entry && !response.writableEnded) answer([{ channel, entries: [entry], snapshot: false, state: latest.end(channel).state }]);
    },
    expire: () => response.destroy(),
  };
}
