import { Order } from '../../../packages/client/src/order.ts';
import type { ChannelItem } from '../../../packages/client/src/types.ts';
import { formatPosition, ORIGIN, parsePosition } from '../../../packages/protocol/cursor.ts';
import type { ResetReason, ServerFrame } from '../../../packages/protocol/index.ts';
import { type Consumer, type ConsumersWorld, openHistories } from './consumers.ts';
import type { History } from './history.ts';
import type { ConsumerPlan } from './scenario.ts';
import { NOTHING, writes } from './steps.ts';
import { socketTouch } from './touches.ts';

/** How long the client waits for what is missing before it asks: late is likelier than lost. */
const GAP_WAIT_MS = 1_000;

/** One channel of the client, as its socket lane keeps it. */
interface Followed {
  readonly channel: string;
  readonly history: History;
  readonly order: Order;
  /** The subscribe request under way. */
  request: { readonly id: string; readonly after: string | undefined; baseline: string | undefined } | undefined;
  waits: boolean;
}

/** The client library's order behind a WebSocket: subscribes, puts into order, and asks for what is missing. */
export class SocketConsumer implements Consumer {
  readonly #name: string;
  readonly #plan: ConsumerPlan;
  readonly #world: ConsumersWorld;
  readonly #followed: readonly Followed[];
  #connectionId: string | undefined;
  #connections = 0;
  #requests = 0;

  constructor(name: string, plan: ConsumerPlan, world: ConsumersWorld) {
    this.#name = name;
    this.#plan = plan;
    this.#world = world;
    const start = world.startOf(plan);
    this.#followed = [...openHistories(name, plan, start, world.simulation.now)].map(([channel, history]) => {
      const position = start?.get(channel);
      const order = new Order(channel, position && formatPosition(position));
      return { channel, history, order, request: undefined, waits: false };
    });
  }

  get histories(): readonly History[] {
    return this.#followed.map(({ history }) => history);
  }

  async live(): Promise<void> {
    const { simulation } = this.#world;
    const { legs } = this.#plan;
    const own = [socketTouch(this.#name)];
    for (const [index, leg] of legs.entries()) {
      await simulation.step(`${this.#name} connects`, own);
      await this.#connect();
      for (let step = 1; step < leg.steps; step++) await simulation.step(`${this.#name} stays`, NOTHING);
      await simulation.step(`${this.#name} stays`, index < legs.length - 1 ? own : NOTHING);
      if (index < legs.length - 1) this.leave();
    }
  }

  leave(): void {
    if (this.#connectionId === undefined) return;
    this.#world.simulation.note(`${this.#name} is cut`);
    this.#world.lane.cut(this.#connectionId);
    this.#connectionId = undefined;
    for (const followed of this.#followed) followed.request = undefined;
  }

  /** Needs nothing more: what is missing it has asked for by itself. */
  async finish(): Promise<void> {}

  async #connect(): Promise<void> {
    if (this.#connectionId !== undefined) return;
    const connectionId = `${this.#name}-${++this.#connections}`;
    await this.#world.lane.connect(connectionId, (text) => this.#receive(JSON.parse(text) as ServerFrame));
    this.#connectionId = connectionId;
    for (const followed of this.#followed) this.#subscribe(followed);
  }

  #subscribe(followed: Followed): void {
    const connectionId = this.#connectionId;
    if (connectionId === undefined || followed.request !== undefined) return;
    const { channel, order } = followed;
    const id = String(++this.#requests);
    const after = order.cursor;
    followed.request = { id, after, baseline: undefined };
    order.ask();
    this.#world.simulation.note(`${this.#name} subscribes to ${channel} after ${after ?? 'nothing'}`);
    this.#world.simulation.spawn(() =>
      this.#world.lane.frame(connectionId, {
        action: 'subscribe',
        channel,
        requestId: id,
        // Clients of before know no batches.
        batch: this.#requests % 2 === 0,
        ...(after !== undefined && { after }),
      }),
    );
  }

  #receive(frame: ServerFrame): void {
    if (frame.kind === 'error') {
      const failed = this.#followed.find(({ request }) => request?.id === frame.requestId);
      if (failed !== undefined) this.#failed(failed);
      return;
    }
    const followed = this.#followed.find(({ channel }) => 'channel' in frame && frame.channel === channel);
    if (followed === undefined) throw new Error(`${this.#name} got ${JSON.stringify(frame)}`);
    const { order, request } = followed;
    const answers = 'requestId' in frame && frame.requestId === request?.id;
    if (frame.kind === 'event') this.#take(followed, order.offer({ ...frame, kind: 'event' }));
    else if (frame.kind === 'events') {
      for (const event of frame.events) this.#take(followed, order.offer({ ...event, channel: frame.channel, kind: 'event' }));
    } else if (frame.kind === 'reset' && request !== undefined) this.#reset(followed, frame.reason, request.baseline);
    else if (frame.kind === 'subscribed' && answers && frame.id !== undefined) this.#subscribed(followed, frame.id);
    else if (frame.kind === 'caughtUp' && answers) {
      this.#take(followed, order.settle(frame.id));
      followed.request = undefined;
    }
    this.#askIfNeeded(followed);
  }

  #failed(followed: Followed): void {
    followed.request = undefined;
    this.#askAgain(followed, () => true);
  }

  #subscribed(followed: Followed, baseline: string): void {
    const { order, history, request } = followed;
    if (request === undefined) return;
    request.baseline = baseline;
    if (request.after !== undefined) return;
    history.begin('baseline', parsePosition(baseline), this.#world.simulation.now);
    this.#take(followed, order.settle(baseline));
    followed.request = undefined;
  }

  #take({ history }: Followed, items: readonly ChannelItem[]): void {
    for (const item of items) if (item.kind === 'event') history.hear({ ...parsePosition(item.id), data: item.data });
  }

  /** What had come already and lies unbroken before the baseline is given after the reset, and belongs to what it promises. */
  #reset(followed: Followed, reason: ResetReason, baseline = ''): void {
    // As the socket lane does: it is for clients that do not know where the first epoch begins.
    if (followed.request?.after === formatPosition(ORIGIN) && reason === 'epoch_changed') return;
    const items = followed.order.reset(reason, baseline);
    const [first] = items.flatMap((item) => (item.kind === 'event' ? [parsePosition(item.id).seq] : []));
    const { epoch, seq } = parsePosition(baseline);
    followed.history.begin(reason, { epoch, seq: Math.min(seq, (first ?? seq + 1) - 1) }, this.#world.simulation.now);
    this.#take(followed, items);
  }

  #askIfNeeded(followed: Followed): void {
    if (followed.order.hasGap && followed.request === undefined) this.#askAgain(followed, () => followed.order.hasGap);
  }

  #askAgain(followed: Followed, isNeeded: () => boolean): void {
    if (followed.waits) return;
    followed.waits = true;
    this.#world.simulation.spawn(async () => {
      await this.#world.simulation.sleep(GAP_WAIT_MS, undefined, [socketTouch(this.#name), writes('frames')]);
      followed.waits = false;
      if (isNeeded()) this.#subscribe(followed);
    });
  }
}
