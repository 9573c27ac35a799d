import type { ResetReason } from '../../packages/protocol/index.ts';

/** An event as a stream gets it. */
export interface ReceivedEvent {
  /** `epoch.seq`. */
  readonly id: string;
  readonly data: string;
}

/** What happens to one stream, in this order; after `onEnd` nothing more does. */
export interface StreamHandlers {
  /** The stream is subscribed; what is published from now on belongs to it. `id` is where it starts. */
  readonly onOpen: (id: string) => void;
  /** The application has it. */
  readonly onEvent: (event: ReceivedEvent) => void;
  /** Where a client library puts events in order and drops repeats: it came over the wire, in this order. */
  readonly onArrival: (id: string) => void;
  /** The server announces that it cannot continue where the stream was. */
  readonly onReset: (reason: ResetReason | string) => void;
  /** It never opened, or was ended by somebody else than us. The text is for people. */
  readonly onEnd: (reason: string) => void;
}

/** One way in which clients get events. */
export interface Lane {
  /** Opens a stream. It does not reconnect: in a load test an end is a result. */
  open(handlers: StreamHandlers): void;
  /** Ends all streams; their handlers are not called any more. */
  close(): void;
}

/** What a lane needs to know of a server. */
export interface LaneTarget {
  /** Without a slash at the end. */
  readonly url: string;
  readonly channel: string;
  readonly token: string | undefined;
  /** Takes certificates that nobody vouches for, such as a local run's. */
  readonly insecure: boolean;
}

export function authorization({ token }: LaneTarget): Readonly<Record<string, string>> {
  return token === undefined ? {} : { authorization: `Bearer ${token}` };
}

/** Where streams and polls of a channel are requested, below a server's URL. */
export function eventsPath({ channel }: LaneTarget): string {
  return `/v1/events?channel=${encodeURIComponent(channel)}`;
}
