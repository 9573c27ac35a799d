import { effect, untracked } from '@preact/signals';
import { type Connection, connect } from '../../client/src/index.ts';
import type { ConsoleConfig } from '../config.ts';
import { PUBLISH_TIMEOUT_MS } from '../lanes/lane.ts';
import { SseLane } from '../lanes/sse-lane.ts';
import { WebSocketLane } from '../lanes/websocket-lane.ts';
import type { Identity } from '../sign-in/identity.ts';
import { Pane } from './pane.ts';
import { Timetable } from './timetable.ts';

/** The two ways up: `post` is the SSE lane's, `websocket` the other's. */
export type PublishRoute = 'post' | 'websocket';

/** One channel over both lanes, for as long as the page shows it. */
export class Session {
  readonly channel: string;
  readonly websocketPane: Pane;
  readonly ssePane: Pane;
  /** Undefined where the WebSocket lane is not deployed. */
  readonly websocketLane: WebSocketLane | undefined;
  readonly sseLane: SseLane;
  /** For publishing by HTTP. */
  readonly #post: Connection;
  readonly #timetable = new Timetable();
  readonly #types: Set<string>;
  readonly #unwatch: () => void;

  /** @param types event types seen so far on this page; the session adds to it */
  constructor(channel: string, config: ConsoleConfig, types: Set<string>, identity: Identity | undefined) {
    this.channel = channel;
    this.#post = connect({
      url: location.origin,
      transport: 'sse',
      publishTimeoutMs: PUBLISH_TIMEOUT_MS,
      token: identity?.tokenFunction(),
    });
    this.#types = types;
    this.websocketPane = new Pane(this.#timetable, ({ id, type }) => {
      this.#learn(type);
      this.sseLane.expect(id);
    });
    this.ssePane = new Pane(this.#timetable, ({ type }) => this.#types.add(type));
    this.sseLane = new SseLane({ channel, observer: this.ssePane, types, identity });
    this.websocketLane =
      config.websocket === undefined
        ? undefined
        : new WebSocketLane({ url: config.websocket, channel, observer: this.websocketPane, token: identity?.tokenFunction() });
    if (this.websocketLane === undefined) this.websocketPane.onState({ kind: 'absent' });
    this.#unwatch = effect(() => {
      if (identity?.ended.value !== undefined) untracked(() => this.#stop());
    });
  }

  /**
   * @returns the id of the event
   * @throws LanesError with the server's sentence
   */
  async publish(type: string, data: string, route: PublishRoute): Promise<string> {
    if (type !== '') this.#learn(type);
    if (route === 'websocket' && this.websocketLane !== undefined) {
      const id = await this.websocketLane.publish(type, data);
      this.sseLane.expect(id);
      return id;
    }
    const { id, publishedAt } = await this.#post.publish(this.channel, { ...(type !== '' && { type }), data });
    if (publishedAt !== undefined) this.#timetable.learn(id, publishedAt);
    this.sseLane.expect(id);
    return id;
  }

  close(): void {
    this.#unwatch();
    this.#closeLanes();
  }

  /** There will be no token: neither lane has a reason to try again. */
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

  #learn(type: string): void {
    this.#types.add(type);
    this.sseLane.learn(type);
  }
}
