import type { ChannelEvent } from '../../../backbone/domain/event.ts';
import { MemoryPresenceStore } from '../../../backbone/memory/memory-presence-store.ts';
import type { EventLog } from '../../../backbone/ports.ts';
import { LogReader, ReplayExpiredError } from '../../../backbone/services/log-reader.ts';
import type { Telemetry } from '../../../lambda/telemetry.ts';
import { REPLAY_LEASE_MS } from '../../../lambda/websocket/contract.ts';
import { channelOf } from '../../../lambda/websocket/delivery-work.ts';
import { encodeFrames } from '../../../lambda/websocket/domain/event-batch.ts';
import type { ReplayKey } from '../../../lambda/websocket/domain/replay-job.ts';
import { handleFrame } from '../../../lambda/websocket/handle-frame.ts';
import { MemoryConnectionStore } from '../../../lambda/websocket/memory/memory-connection-store.ts';
import { MemoryPostQuota } from '../../../lambda/websocket/memory/memory-post-quota.ts';
import { MemoryReplayStore } from '../../../lambda/websocket/memory/memory-replay-store.ts';
import type {
  ConnectionPoster,
  ConnectionStore,
  PostOutcome,
  PostQuota,
  ReplayQueue,
  ReplayStore,
} from '../../../lambda/websocket/ports.ts';
import { runReplayTurn } from '../../../lambda/websocket/replay-turn.ts';
import type { ClientFrame } from '../../../packages/protocol/index.ts';
import { EVERYBODY } from '../../../test/support/access.ts';
import { scheduledPort } from './scheduled-port.ts';
import type { Simulation } from './simulation.ts';
import type { Wiring } from './wiring.ts';

const HOUR_MS = 3_600_000;

/** Posts of a turn of a replay, so that most take several. */
const TURN_POSTS = 2;

/** What the function that answers frames may post inline, in half of the cases. In the others the queue does everything. */
const INLINE_POSTS: readonly PostQuota['take'][] = [
  async () => ({ kind: 'allowed' }),
  async (_, posts) => (posts === 1 ? { kind: 'allowed' } : { kind: 'limited', retryAfterMs: 1 }),
];

export interface SocketLaneOptions {
  readonly simulation: Simulation;
  readonly wiring: Wiring;
  readonly log: EventLog;
  readonly retentionMs: number;
}

/** The server's side of the WebSocket lane: frames are answered by the function's own code, notifications fanned out to the rows. */
export class SocketLane {
  readonly #options: SocketLaneOptions;
  readonly #store: ConnectionStore;
  readonly #log: EventLog;
  readonly #reader: Pick<LogReader, 'baseline' | 'checkResume' | 'replay'>;
  readonly #replays: ReplayStore;
  readonly #sockets = new Map<string, (frame: string) => void>();
  #frames = 0;

  constructor(options: SocketLaneOptions) {
    this.#options = options;
    const { simulation, wiring, log, retentionMs } = options;
    const store = new MemoryConnectionStore({ clock: simulation, connectionTtlMs: HOUR_MS });
    this.#store = scheduledPort(store, { simulation, name: 'websocket lane' });
    this.#replays = scheduledPort(new MemoryReplayStore(100, REPLAY_LEASE_MS, simulation), { simulation, name: 'websocket lane' });
    const scheduled = scheduledPort(wiring.consumerLog(log), { simulation, name: 'websocket lane' });
    this.#log = scheduled;
    this.#reader = wiring.replayReader(new LogReader({ log: scheduled, clock: simulation, retentionMs, graceMs: wiring.graceMs }));
  }

  async connect(connectionId: string, receive: (frame: string) => void): Promise<void> {
    this.#sockets.set(connectionId, receive);
    await this.#store.open({ ...EVERYBODY, connectionId, connectedAtMs: this.#options.simulation.nowMs() });
  }

  /** The connection is lost without a word: its rows stay until a post finds out. */
  cut(connectionId: string): void {
    this.#sockets.delete(connectionId);
  }

  async frame(connectionId: string, frame: ClientFrame): Promise<void> {
    const { simulation, wiring } = this.#options;
    const store = wiring.subscriptions(this.#store, frame);
    const poster: ConnectionPoster = {
      post: async (to, text) => {
        const outcome = await this.#post(to, text);
        await store.onFrame?.(text);
        return outcome;
      },
    };
    const nth = this.#frames++;
    const take = INLINE_POSTS[nth % INLINE_POSTS.length];
    await handleFrame(
      { connectionId, body: JSON.stringify(frame), deadlineMs: simulation.nowMs() + HOUR_MS },
      {
        store,
        poster,
        reader: this.#reader,
        log: this.#log,
        clock: simulation,
        random: () => 0.5,
        kindOf: () => 'durable',
        publishEphemeral: () => Promise.reject(new Error('no channel is ephemeral here')),
        ephemeralQuota: { perSecond: 0, take: async () => false },
        publish: () => Promise.reject(new Error('nobody publishes over a socket here')),
        publishBatch: () => Promise.reject(new Error('nobody publishes over a socket here')),
        presence: new MemoryPresenceStore({ clock: simulation }),
        presenceBus: { tell: () => Promise.reject(new Error('nobody is present here')) },
        quota: { perSecond: 0, take: async () => false },
        answers: { perSecond: 0, take: take ?? (async () => ({ kind: 'allowed' })) },
        replays: this.#replays,
        replayQueue: this.#queueOf(poster),
        closer: { close: async () => ({ kind: 'closed' }) },
        newId: () => `replay ${nth}`,
      },
      strictTelemetry,
    );
  }

  /** A queue whose messages come some time. */
  #queueOf(poster: ConnectionPoster): ReplayQueue {
    const queue: ReplayQueue = {
      enqueue: async (key, delaySeconds = 0) => {
        this.#options.simulation.spawn(async () => {
          if (delaySeconds > 0) await this.#options.simulation.sleep(delaySeconds * 1_000);
          await this.#turn(key, queue, poster);
        });
      },
    };
    return queue;
  }

  async #turn(key: ReplayKey, queue: ReplayQueue, poster: ConnectionPoster): Promise<void> {
    const { simulation } = this.#options;
    await simulation.step(`a turn of the replay of ${key.channel} for ${key.connectionId}`);
    await runReplayTurn(
      key,
      simulation.nowMs() + HOUR_MS,
      {
        store: this.#store,
        replays: this.#replays,
        queue,
        quota: new MemoryPostQuota(1, simulation),
        poster,
        reader: this.#reader,
        clock: simulation,
        random: () => 0.5,
        postsPerSecond: Number.POSITIVE_INFINITY,
        turnPosts: TURN_POSTS,
      },
      strictTelemetry,
    );
  }

  /** What the fan-out function does with a notification. */
  async fanOut(events: readonly ChannelEvent[]): Promise<void> {
    const channel = channelOf(events);
    for (let after: string | undefined, more = true; more; ) {
      const page = await this.#store.subscribers(channel, 2, after);
      for (const { connectionId, batch = false } of page.subscribers) {
        for (const frame of encodeFrames(channel, events, batch)) {
          this.#options.simulation.spawn(async () => {
            await this.#post(connectionId, frame);
          });
        }
      }
      after = page.next;
      more = after !== undefined;
    }
  }

  async #post(connectionId: string, frame: string): Promise<PostOutcome> {
    const { simulation } = this.#options;
    await simulation.step(`a post to ${connectionId}`);
    const receive = this.#sockets.get(connectionId);
    simulation.note(`post to ${connectionId}${receive === undefined ? ', which is gone' : ''}: ${frame}`);
    receive?.(frame);
    await simulation.step('a post is answered');
    return { kind: receive === undefined ? 'gone' : 'sent' };
  }
}

const strictTelemetry: Telemetry = {
  info: () => {},
  metrics: () => {},
  warn: () => {},
  error: (message, fields) => {
    // The client gets an error, asks again, and is told.
    if (fields?.['error'] instanceof ReplayExpiredError) return;
    throw new Error(message, { cause: fields?.['error'] });
  },
};
