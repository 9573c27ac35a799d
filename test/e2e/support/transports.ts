import { type Connection, type ConnectOptions, connect, type Transport } from '../../../packages/client/src/index.ts';
import { currentToken } from './clients.ts';

interface Urls {
  readonly http: string;
  readonly websocket: string;
}

/** One transport of the client library for each lane of the run. A lane's name is that of its transport. */
export function transportsOf({ http, websocket }: Urls): readonly ('sse' | 'websocket')[] {
  return [...(http === '' ? [] : (['sse'] as const)), ...(websocket === '' ? [] : (['websocket'] as const))];
}

/** A transport of the client library that does not choose by itself. */
export type Way = Exclude<Transport, 'auto'>;

/** The ways to read in a run: the transports of its lanes, and polls where there is HTTP. */
export function waysOf(urls: Urls): readonly Way[] {
  const lanes = transportsOf(urls);
  return lanes.includes('sse') ? [...lanes, 'poll'] : lanes;
}

/** The client library against a run, with everything allowed unless the options say otherwise. */
export function connectOver(transport: Transport, { http, websocket }: Urls, options: ConnectOptions = {}): Connection {
  return connect({
    ...(http !== '' && { url: http }),
    ...(websocket !== '' && { websocketUrl: websocket }),
    transport,
    token: currentToken(),
    ...options,
  });
}
