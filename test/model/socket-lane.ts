import type { LaneEvent } from '../../backbone/domain/event.ts';
import { encodeEventFrame } from '../../backbone/domain/event.ts';
import { MemoryConnectionStore } from '../../backbone/memory/memory-connection-store.ts';
import type { ConnectionPoster, ConnectionStore, EventLog, PostOutcome } from '../../backbone/ports.ts';
import type { ClientFrame } from '../../backbone/protocol.ts';
import { LogReader, ReplayExpiredError } from '../../backbone/services/log-reader.ts';
import type { Telemetry } from '../../lambda/telemetry.ts';
import { answerFrame } from '../../lambda/websocket/answer-frame.ts';
import { EVERYBODY } from '../support/access.ts';
import { scheduledPort } from './scheduled-port.ts';
import type { Simulation } from './simulation.ts';
import type { Wiring } from './wiring.ts';

const HOUR_MS = 3_600_000;

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
  readonly #reader: Pick<LogReader, 'baseline' | 'checkResume' | 'replay'>;
  readonly #sockets = new Map<string, (frame: string) => void>();

  constructor(options: SocketLaneOptions) {
    this.#options = options;
    const { simulation, wiring, log, retentionMs } = options;
    const store = new MemoryConnectionStore({ clock: simulation, connectionTtlMs: HOUR_MS });
    this.#store = scheduledPort(store, { simulation, name: 'websocket lane' });
    const scheduled = scheduledPort(wiring.consumerLog(log), { simulation, name: 'websocket lane' });
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
    await answerFrame(
      { connectionId, body: JSON.stringify(frame), deadlineMs: simulation.nowMs() + HOUR_MS },
      {
        store,
        poster,
        reader: this.#reader,
        clock: simulation,
        random: () => 0.5,
        publish: () => Promise.reject(new Error('nobody publishes over a socket here')),
        quota: { perSecond: 0, take: async () => false },
      },
      strictTelemetry,
    );
  }

  /** What the fan-out function does with a notification. */
  async fanOut(event: LaneEvent): Promise<void> {
    for (let after: string | undefined, more = true; more; ) {
      const page = await this.#store.subscribers(event.channel, 2, after);
      for (const { connectionId } of page.subscribers) {
        this.#options.simulation.spawn(async () => {
          await this.#post(connectionId, encodeEventFrame(event));
        });
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
