import http from 'node:http';
import { authorization, type Service } from './publishing.ts';

export interface ReaderOptions {
  readonly service: Service;
  readonly channel: string;
  readonly onEvent: (id: string, data: string) => void;
}

/** One plain stream. It does not reconnect: in a bench an end is a result. */
export interface Reader {
  /** From now on it takes nothing. */
  stopReading(): void;
  close(): void;
}

/** Opens a stream on a connection of its own, and resolves once it has its opening. */
export async function openReader({ service, channel, onEvent }: ReaderOptions): Promise<Reader> {
  const headers = { ...authorization(service), accept: 'text/event-stream' };
  const request = http.get(`${service.base}/v1/events?channel=${channel}`, { agent: false, headers });
  const opened = Promise.withResolvers<void>();
  let stream: http.IncomingMessage | undefined;
  request.on('error', (error) => opened.reject(error));
  request.on('response', (response) => {
    if (response.statusCode !== 200) opened.reject(new Error(`a stream was answered ${response.statusCode}`));
    stream = response;
    response.on('error', () => undefined);
    response.setEncoding('utf8');
    let rest = '';
    response.on('data', (text: string) => {
      opened.resolve();
      const frames = (rest + text).split('\n\n');
      rest = frames.pop() ?? '';
      for (const frame of frames) {
        const found = /^id: (.*)\n(?:event: .*\n)?data: (.*)/.exec(frame);
        if (found !== null) onEvent(found[1] ?? '', found[2] ?? '');
      }
    });
  });
  await opened.promise;
  return {
    // Not the socket, which the parser of HTTP reads by itself.
    stopReading: () => stream?.pause(),
    close: () => request.destroy(),
  };
}
