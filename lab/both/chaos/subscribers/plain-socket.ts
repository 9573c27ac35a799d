import { once } from 'node:events';
import { WebSocket } from 'ws';
import { type ClientFrame, type ServerFrame, SUBPROTOCOL } from '../../../../packages/protocol/index.ts';
import { Journal } from '../journal.ts';
import { pause } from '../pause.ts';
import type { Subscriber, SubscriberOptions } from './subscriber.ts';

/** It asks for what it has missed so soon after the last answer: notifications get lost, and this lane leaves it to the client to notice. */
const ASK_AGAIN_MS = { min: 2_500, max: 5_000 };

/** Longer than a replay may take. */
const ANSWER_TIMEOUT_MS = 15_000;

const REOPEN_MS = { min: 100, max: 1_000 };

const OPEN_TIMEOUT_MS = 8_000;

/**
 * A program on a bare WebSocket. It keeps the last id that the server has called complete (`subscribed` at first, then
 * `caughtUp`), and subscribes after it again and again. So everything comes at least once, in whatever order.
 */
export function plainSocket({ name, channels, urls, random, newToken }: SubscriberOptions): Subscriber {
  const places = channels.map((channel) => new Place(new Journal(name, channel, 'atLeastOnce')));
  const journals = places.map(({ journal }) => journal);
  const stopped = new AbortController();
  let socket: WebSocket | undefined;

  async function connectOnce(): Promise<void> {
    const connection = new WebSocket(urls.websocket, [SUBPROTOCOL, `bearer.${newToken()}`]);
    socket = connection;
    const over = new AbortController();
    connection.on('close', () => over.abort());
    connection.on('error', () => undefined);
    connection.on('message', (data) => {
      const frame = JSON.parse(data.toString()) as ServerFrame;
      if (frame.kind === 'error' && frame.code === 'token_expired') connection.close();
      else for (const place of places) place.take(frame);
    });
    await once(connection, 'open', { signal: AbortSignal.timeout(OPEN_TIMEOUT_MS) });
    await Promise.all(places.map((place) => follow(place, connection, over.signal)));
  }

  async function follow(place: Place, connection: WebSocket, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      connection.send(JSON.stringify(place.ask()));
      await Promise.race([place.answered, pause(ANSWER_TIMEOUT_MS, signal)]);
      await pause(random.between(ASK_AGAIN_MS.min, ASK_AGAIN_MS.max), signal);
    }
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

/** Where the program stands in one channel. */
class Place {
  readonly journal: Journal;
  readonly #started: (id?: string) => void;
  /** Everything up to it has come. */
  #complete: string | undefined;
  #baseline: string | undefined;
  #asked = 0;
  #answer = Promise.withResolvers<void>();

  constructor(journal: Journal) {
    this.journal = journal;
    this.#started = journal.start();
  }

  /** Resolves with the end of the answer to the last {@link ask}. */
  get answered(): Promise<void> {
    return this.#answer.promise;
  }

  ask(): ClientFrame {
    this.#answer = Promise.withResolvers();
    const after = this.#complete;
    const requestId = `${this.journal.channel}/${++this.#asked}`;
    return { action: 'subscribe', channel: this.journal.channel, requestId, ...(after !== undefined && { after }) };
  }

  take(frame: ServerFrame): void {
    const { channel } = this.journal;
    if (frame.kind === 'event' && frame.channel === channel) this.journal.event(frame);
    // It does not name its request. An older one's would be true as well: it has asked after the same id, or an earlier one.
    // After `0.0` it says that the first epoch has begun, which loses nothing.
    const isFirstEpoch = this.#complete === '0.0' && frame.kind === 'reset' && frame.reason === 'epoch_changed';
    if (frame.kind === 'reset' && frame.channel === channel && !isFirstEpoch) {
      this.journal.reset({ reason: frame.reason, id: this.#baseline, after: this.#complete });
      this.#complete = this.#baseline;
    }
    if (!('requestId' in frame) || frame.requestId !== `${channel}/${this.#asked}`) return;
    if (frame.kind === 'subscribed') {
      this.#baseline = frame.id;
      if (this.#complete !== undefined) return;
      this.#complete = frame.id;
      this.#started(frame.id);
    }
    // An incomplete replay says how far it came.
    if (frame.kind === 'caughtUp' || frame.kind === 'error') this.#complete = frame.id ?? this.#complete;
    this.#answer.resolve();
  }
}
