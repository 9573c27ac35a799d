import { once } from 'node:events';
import { WebSocket } from 'ws';
import { type ClientFrame, type ServerFrame, SUBPROTOCOL } from '../../../backbone/protocol.ts';
import { Journal } from '../journal.ts';
import { pause } from '../pause.ts';
import type { Subscriber, SubscriberOptions } from './subscriber.ts';

/** How often it asks for what it has missed: notifications get lost, and this lane leaves it to the client to notice. */
const ASK_EVERY_MS = 5_000;

const REOPEN_MS = { min: 100, max: 1_000 };

const OPEN_TIMEOUT_MS = 8_000;

/**
 * A program on a bare WebSocket. It keeps the last id that the server has called complete (`subscribed` at first, then
 * `caughtUp`), and subscribes after it again and again. So everything comes at least once, in whatever order.
 */
export function plainSocket({ name, channels, urls, random }: SubscriberOptions): Subscriber {
  const journals = channels.map((channel) => new Journal(name, channel, 'atLeastOnce'));
  const complete = new Map<string, string>();
  const baselines = new Map<string, string>();
  const established = new Map(journals.map((journal) => [journal.channel, journal.start()]));
  const stopped = new AbortController();
  let socket: WebSocket | undefined;

  function take(frame: ServerFrame): void {
    if (frame.kind === 'error') {
      // The rest of a replay is to be asked for behind what came.
      if (frame.id !== undefined && frame.requestId !== undefined) complete.set(frame.requestId, frame.id);
      return;
    }
    if (!('channel' in frame)) return;
    const { channel } = frame;
    const journal = journals.find((candidate) => candidate.channel === channel);
    if (frame.kind === 'event') journal?.event(frame);
    else if (frame.kind === 'reset') {
      complete.delete(channel);
      journal?.reset(frame.reason, baselines.get(channel));
    } else if (frame.kind === 'caughtUp') complete.set(channel, frame.id);
    else if (frame.kind === 'subscribed') {
      baselines.set(channel, frame.id);
      if (complete.has(channel)) return;
      complete.set(channel, frame.id);
      established.get(channel)?.(frame.id);
    }
  }

  async function connectOnce(): Promise<void> {
    const connection = new WebSocket(urls.websocket, [SUBPROTOCOL]);
    socket = connection;
    const over = new AbortController();
    connection.on('close', () => over.abort());
    connection.on('error', () => undefined);
    connection.on('message', (data) => take(JSON.parse(data.toString()) as ServerFrame));
    await once(connection, 'open', { signal: AbortSignal.timeout(OPEN_TIMEOUT_MS) });
    do {
      for (const channel of channels) {
        const after = complete.get(channel);
        connection.send(
          JSON.stringify({ action: 'subscribe', channel, requestId: channel, ...(after !== undefined && { after }) } satisfies ClientFrame),
        );
      }
    } while (await pause(random.between(ASK_EVERY_MS / 2, ASK_EVERY_MS), over.signal));
  }

  async function live(): Promise<void> {
    while (!stopped.signal.aborted) {
      await connectOnce().catch(() => socket?.terminate());
      await pause(random.between(REOPEN_MS.min, REOPEN_MS.max), stopped.signal);
    }
  }

  const living = live();
  return {
    name,
    journals,
    calm: () => undefined,
    stop() {
      for (const journal of journals) journal.leave();
      stopped.abort();
      socket?.close();
      return living;
    },
  };
}
