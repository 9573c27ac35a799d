import type { IncomingMessage } from 'node:http';
import { createFrameReader } from '../load/sse-frames.ts';
import { requestEventStream } from '../load/sse-http1-lane.ts';
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
  const opened = Promise.withResolvers<void>();
  const request = requestEventStream(
    `${service.base}/v1/events?channel=${channel}`,
    { headers: authorization(service), insecure: false },
    {
      onResponse: () => undefined,
      onText: createFrameReader({
        onOpen: () => opened.resolve(),
        onEvent: ({ id, data }) => onEvent(id, data),
        // Its events are missing then, which is what counts.
        onReset: () => undefined,
      }),
      onEnd: (reason) => opened.reject(new Error(`a stream was ended before its opening: ${reason}`)),
    },
  );
  let stream: IncomingMessage | undefined;
  request.on('response', (response) => {
    stream = response;
  });
  await opened.promise;
  return {
    // Not the socket, which the parser of HTTP reads by itself.
    stopReading: () => stream?.pause(),
    close: () => request.destroy(),
  };
}
