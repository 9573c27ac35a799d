import http, { type ClientRequest } from 'node:http';
import https from 'node:https';
import { authorization, eventsPath, type Lane, type LaneTarget } from './lane.ts';
import { createFrameReader } from './sse-frames.ts';

export interface TextStreamHandlers {
  /** The server has answered 200. */
  readonly onResponse: () => void;
  readonly onText: (text: string) => void;
  readonly onEnd: (reason: string) => void;
}

/** Requests an event stream on a connection of its own and hands on its text as it comes. */
export function requestEventStream(
  url: string,
  options: { readonly headers: Readonly<Record<string, string>>; readonly insecure: boolean },
  { onResponse, onText, onEnd }: TextStreamHandlers,
): ClientRequest {
  const { request } = url.startsWith('https:') ? https : http;
  const sent = request(url, {
    agent: false,
    headers: { accept: 'text/event-stream', ...options.headers },
    rejectUnauthorized: !options.insecure,
  });
  let over = false;
  const end = (reason: string) => {
    if (over) return;
    over = true;
    onEnd(reason);
    sent.destroy();
  };
  sent.on('error', (error) => end(error.message));
  sent.on('response', (response) => {
    if (response.statusCode !== 200) return end(`answered ${response.statusCode}`);
    onResponse();
    response.setEncoding('utf8');
    response.on('data', onText);
    response.on('error', (error) => end(error.message));
    response.on('close', () => end('closed by the server'));
  });
  sent.end();
  return sent;
}

/** SSE over HTTP/1.1: one connection for each stream. */
export function createSseHttp1Lane(target: LaneTarget): Lane {
  const requests = new Set<ClientRequest>();
  let closed = false;
  return {
    open(handlers) {
      const request = requestEventStream(
        target.url + eventsPath(target),
        { headers: authorization(target), insecure: target.insecure },
        {
          onResponse: () => undefined,
          onText: createFrameReader(handlers),
          onEnd: (reason) => {
            requests.delete(request);
            if (!closed) handlers.onEnd(reason);
          },
        },
      );
      requests.add(request);
    },
    close() {
      closed = true;
      for (const request of requests) request.destroy();
    },
  };
}
