import { isChannelPattern } from '../../protocol/channel-pattern.ts';
import type { WireEvent } from '../../protocol/index.ts';
import { type Connection, type ConnectOptions, connect, type Published, type PublishInput } from './index.ts';
import { type ChannelRule, MemoryLane, toProblem } from './testing/memory-lane.ts';
import { Refusal } from './testing/refusal.ts';

export type { ChannelRule, WireEvent };

export interface TestLanesOptions {
  /** The kinds of channels by pattern: the first match decides. @default every channel is durable */
  readonly channels?: readonly ChannelRule[] | undefined;
}

/** The options of a connection, except those that say how the server is reached. */
export type TestConnectOptions = Omit<ConnectOptions, 'url' | 'websocketUrl' | 'fetch' | 'WebSocket' | 'transport'> & {
  readonly transport?: 'auto' | 'sse' | 'poll' | undefined;
};

/** Lanes in memory, for tests of an application. */
export interface TestLanes {
  /** A connection of the real client. @throws TypeError like `connect` */
  connect(options?: TestConnectOptions): Connection;
  /**
   * Publishes as somebody else. Resolves when every open stream of the channel has brought the event, and listeners have
   * been called. A slow reader, whose subscription is paused, is not waited for, and a poll neither.
   * @throws LanesError like that of a connection
   */
  publish(channel: string, event: PublishInput): Promise<Published>;
  /** What is in the log of a durable channel, in order, whoever has published it. */
  events(channel: string): readonly WireEvent[];
  /** How many streams and waiting polls are open, of one channel or of all. */
  readers(channel?: string): number;
  /** Cuts every stream and poll. Until {@link reconnect} every request fails, as without a network. */
  disconnect(): void;
  /** The network is back, and connections that wait try at once. */
  reconnect(): void;
  /**
   * Refuses what connections publish, until it is called with `undefined`. The test's own {@link publish} still works.
   * @param status HTTP status from 400 to 599: after 408, 425, 429 and 5xx the client tries again for `publishTimeoutMs`. @default 403
   * @throws RangeError
   */
  failPublishes(code: string | undefined, status?: number): void;
  /**
   * The log of a durable channel is lost and begins anew: its readers get `reset` with `epoch_changed`. Resolves when open
   * streams have brought it.
   */
  reset(channel: string): Promise<void>;
  /** Closes every connection; nothing can be published after that. Idempotent. */
  close(): void;
}

const KINDS: readonly ChannelRule['kind'][] = ['durable', 'latest', 'ephemeral'];

/** Never reached. */
const BASE = 'http://lanes.test';

/**
 * Lanes in memory with what the real ones promise: order, each event once, resumption, resets. They have no timer but that
 * of a poll, so fake timers control all time.
 * @throws TypeError for a pattern or kind that is not valid
 */
export function createTestLanes({ channels = [] }: TestLanesOptions = {}): TestLanes {
  for (const { match, kind } of channels) {
    if (!isChannelPattern(match)) throw new TypeError(`match "${match}" is not a channel, or the beginning of one followed by *`);
    if (!KINDS.includes(kind)) throw new TypeError(`kind "${kind}" is not valid: use ${KINDS.join(', ')}`);
  }
  const lane = new MemoryLane(channels);
  const connections = new Set<Connection>();
  let outage: Error | undefined;
  let refusal: Refusal | undefined;

  const passed: typeof fetch = (input, init = {}) => lane.answer(new URL(String(input)), init);
  const withFaults: typeof fetch = async (input, init) => {
    if (outage !== undefined) throw outage;
    return refusal !== undefined && init?.method === 'POST' ? toProblem(refusal) : passed(input, init);
  };
  const publisher = connect({ url: BASE, fetch: passed });

  return {
    connect(options) {
      // Nothing is sent on a quiet stream in memory, so silence says nothing.
      const patience = { firstBytesTimeoutMs: Number.POSITIVE_INFINITY, silenceTimeoutMs: Number.POSITIVE_INFINITY };
      const connection = connect({ ...patience, ...options, url: BASE, fetch: withFaults });
      connections.add(connection);
      return connection;
    },
    async publish(channel, event) {
      const published = await publisher.publish(channel, event);
      await lane.taken(channel);
      return published;
    },
    events: (channel) => lane.log.events(channel),
    readers: (channel) => lane.readers(channel),
    disconnect() {
      outage = new TypeError('the test lanes are disconnected');
      lane.cut(outage);
    },
    reconnect() {
      outage = undefined;
      for (const connection of connections) connection.retryNow();
    },
    failPublishes(code, status = 403) {
      if (!(Number.isInteger(status) && status >= 400 && status <= 599)) {
        throw new RangeError(`status ${status} is not valid: use 400 to 599`);
      }
      refusal = code === undefined ? undefined : new Refusal(status, code, `the test lanes refuse to publish: ${code}`);
    },
    async reset(channel) {
      lane.reset(channel);
      await lane.taken(channel);
    },
    close() {
      publisher.close();
      for (const connection of connections) connection.close();
      connections.clear();
    },
  };
}
