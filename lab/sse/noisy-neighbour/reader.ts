import type { IncomingMessage } from 'node:http';
import { createFrameReader } from '../../load/sse-frames.ts';
import { requestEventStream } from '../../load/sse-http1-lane.ts';
import { authorization, type Service } from './publishing.ts';

export interface ReaderOptions {
  readonly service: Service;
  readonly channels: readonly string[];
  /** @default none: the stream starts with what comes next */
  readonly lastEventId?: string;
  readonly onEvent: (id: string, data: string) => void;
  /** The client is told that it has missed what it cannot have. @default nothing */
  readonly onReset?: () => void;
}

/** One plain stream. It does not reconnect: in a bench an end is a result. */
export interface Reader {
  /** Resolves once it has its opening; rejects when the service refuses it, or when it ends before. */
  readonly opened: Promise<void>;
  /** From now on it takes nothing. */
  stopReading(): void;
  close(): void;
}

/** Opens a stream on a connection of its own. */
export function startReader({ service, channels, lastEventId, onEvent, onReset = () => undefined }: ReaderOptions): Reader {
  const opened = Promise.withResolvers<void>();
  // Whoever only wants events need not wait for it.
  opened.promise.catch(() => undefined);
  const request = requestEventStream(
    `${service.base}/v1/events?${new URLSearchParams(channels.map((channel) => ['channel', channel]))}`,
    { headers: { ...authorization(service), ...(lastEventId !== undefined && { 'last-event-id': lastEventId }) }, insecure: false },
    {
      onResponse: () => undefined,
      onText: createFrameReader({
        onOpen: () => opened.resolve(),
        onEvent: ({ id, data }) => {
          // The opening may come with the first event.
          opened.resolve();
          onEvent(id, data);
        },
        onReset,
      }),
      onEnd: (reason) => opened.reject(new Error(`a stream was ended before its opening: ${reason}`)),
    },
  );
  let stream: IncomingMessage | undefined;
  request.on('response', (response) => {
    stream = response;
  });
  return {
    opened: opened.promise,
    // Not the socket, which the parser of HTTP reads by itself.
    stopReading: () => stream?.pause(),
    close: () => request.destroy(),
  };
}

/** Opens a stream, and resolves once it has its opening. */
export async function openReader(options: ReaderOptions): Promise<Reader> {
  const reader = startReader(options);
  await reader.opened;
  return reader;
}
