import { effect, untracked } from '@preact/signals';
import { type Connection, connect, type PublishInput } from '../../client/src/index.ts';
import type { ConsoleConfig } from '../config.ts';
import { Lane, PUBLISH_TIMEOUT_MS } from '../lanes/lane.ts';
import type { Identity } from '../sign-in/identity.ts';
import { Pane } from './pane.ts';
import { Timetable } from './timetable.ts';

/** How to publish: `post` over HTTP to the SSE lane, `websocket` on the socket of the WebSocket lane. */
export type PublishRoute = 'post' | 'websocket';

/** One channel over both lanes, for as long as the page shows it. */
export class Session {
  readonly channel: string;
  readonly websocketPane: Pane;
  readonly ssePane: Pane;
  /** Undefined if the WebSocket lane is not deployed. */
  readonly websocketLane: Lane | undefined;
  readonly sseLane: Lane;
  /** For publishing over HTTP, which a cut of the SSE lane does not affect. */
  readonly #post: Connection;
  readonly #timetable = new Timetable();
  readonly #unwatch: () => void;

  constructor(channel: string, config: ConsoleConfig, identity: Identity | undefined) {
    const createToken = identity && (() => identity.tokenFunction());
    const url = location.origin;
    this.channel = channel;
    this.#post = connect({ url, transport: 'sse', publishTimeoutMs: PUBLISH_TIMEOUT_MS, token: createToken?.() });
    this.websocketPane = new Pane(this.#timetable);
    this.ssePane = new Pane(this.#timetable);
    this.sseLane = new Lane({ endpoint: { transport: 'sse', url }, channel, observer: this.ssePane, createToken });
    this.websocketLane =
      config.websocket === undefined
        ? undefined
        : new Lane({
            endpoint: { transport: 'websocket', websocketUrl: config.websocket },
            channel,
            observer: this.websocketPane,
            createToken,
          });
    if (this.websocketLane === undefined) this.websocketPane.onState({ kind: 'absent' });
    this.#unwatch = effect(() => {
      if (identity?.ended.value !== undefined) untracked(() => this.#stop());
    });
  }

  /**
   * @returns the id of the event, or its version
   * @throws LanesError with the server's message
   */
  async publish(event: PublishInput, route: PublishRoute): Promise<string> {
    if (route === 'websocket' && this.websocketLane !== undefined) return this.websocketLane.publish(event);
    const { id, version = id, publishedAt } = await this.#post.publish(this.channel, event);
    if (id !== '' && publishedAt !== undefined) this.#timetable.learn(id, publishedAt);
    return version;
  }

  close(): void {
    this.#unwatch();
    this.#closeLanes();
  }

  /** There will be no further token: neither lane has a reason to try again. */
  #stop(): void {
    this.#closeLanes();
    for (const pane of [this.websocketPane, this.ssePane]) {
      if (pane.state.value.kind === 'absent') continue;
      pane.onNotice({ kind: 'error', message: 'Stopped: the sign-in has ended' });
      pane.onState({ kind: 'ended' });
    }
  }

  #closeLanes(): void {
    this.websocketLane?.close();
    this.sseLane.close();
    this.#post.close();
  }
}
