import type { CloseReason, Sink } from '../../../fargate/sse/hub/sink.ts';
import type { Stream } from '../../../fargate/sse/hub/stream.ts';
import { type ChannelPosition, type Cursor, formatCursor, parseCursor } from '../../../packages/protocol/cursor.ts';
import type { Reset } from '../../../packages/protocol/index.ts';
import { textOfChunks } from '../../../test/fargate/sse/support/chunks.ts';
import { type Consumer, type ConsumersWorld, historyOf, openHistories } from './consumers.ts';
import type { History } from './history.ts';
import type { ConsumerPlan, Leg } from './scenario.ts';
import type { SimulatedTime } from './simulation.ts';
import { NOTHING, writes } from './steps.ts';
import { hubTouch } from './touches.ts';

interface Chunk {
  readonly text: string;
  readonly writtenAt: SimulatedTime;
}

/** What EventSource would do: remembers the last id, and comes back with it. */
export class StreamConsumer implements Consumer {
  readonly #name: string;
  readonly #plan: ConsumerPlan;
  readonly #world: ConsumersWorld;
  readonly #histories: ReadonlyMap<string, History>;
  #lastEventId: string | undefined;
  #connection: Connection | undefined;
  /** Of a frame that has not ended yet: it counts for nothing when the connection breaks. */
  #rest = '';

  constructor(name: string, plan: ConsumerPlan, world: ConsumersWorld) {
    this.#name = name;
    this.#plan = plan;
    this.#world = world;
    const start = world.startOf(plan);
    if (start !== undefined) this.#lastEventId = formatCursor(plan.channels, start);
    this.#histories = openHistories(name, plan, start, world.simulation.now);
  }

  get histories(): readonly History[] {
    return [...this.#histories.values()];
  }

  async live(): Promise<void> {
    const { simulation } = this.#world;
    const { legs } = this.#plan;
    for (const [index, leg] of legs.entries()) {
      const own = [hubTouch(leg.hub), writes(this.#name)];
      await simulation.step(`${this.#name} connects`, own);
      this.#connect(leg);
      for (let step = 1; step < leg.steps; step++) await simulation.step(`${this.#name} stays`, NOTHING);
      await simulation.step(`${this.#name} stays`, index < legs.length - 1 ? own : NOTHING);
      if (index < legs.length - 1) this.leave();
    }
  }

  leave(): void {
    if (this.#connection !== undefined) this.#world.simulation.note(`${this.#name} leaves with ${this.#lastEventId ?? 'nothing'}`);
    this.#connection?.cut();
    this.#connection = undefined;
  }

  async finish(): Promise<void> {
    // Its connection has brought everything.
  }

  #connect(leg: Leg): void {
    if (this.#connection !== undefined) return;
    const { simulation, hubs } = this.#world;
    const { channels } = this.#plan;
    simulation.note(`${this.#name} connects to hub ${leg.hub} with ${this.#lastEventId ?? 'nothing'}`);
    const connection = new Connection(this.#name, leg, this.#plan.legs.length === 1 && leg.lagMs === 0, this.#world, {
      read: (chunk) => this.#read(chunk),
      closed: async () => {
        await simulation.step(`${this.#name} notices that it was closed`, [hubTouch(leg.hub), writes(this.#name)]);
        if (this.#connection !== connection) return;
        this.leave();
        this.#connect(leg);
      },
    });
    const cursor = this.#lastEventId === undefined ? undefined : parseCursor(this.#lastEventId, channels);
    const attachment = hubs[leg.hub].attach({ channels, cursor }, connection);
    if (attachment.kind !== 'attached') throw new Error(`hub ${leg.hub} is ${attachment.kind}`);
    connection.stream = attachment.stream;
    this.#connection = connection;
    this.#rest = '';
  }

  #read({ text, writtenAt }: Chunk): void {
    const frames = (this.#rest + text).split('\n\n');
    this.#rest = frames.pop() ?? '';
    for (const frame of frames) {
      const fields = frame.split('\n').map((line) => line.split(/: ?(.*)/s, 2));
      const value = (field: string) => fields.findLast(([name]) => name === field)?.[1];
      const id = value('id');
      if (id === undefined) continue;
      this.#take(id, value('event'), value('data'), writtenAt);
      this.#lastEventId = id;
    }
  }

  #take(id: string, type: string | undefined, data: string | undefined, since: SimulatedTime): void {
    const { channels } = this.#plan;
    const cursor = parseCursor(id, channels);
    if (data === undefined) this.#begin(cursor, id, since);
    else if (type === 'reset') {
      const { channel, reason } = JSON.parse(data) as Reset;
      historyOf(this.#histories, channel).begin(reason, at(cursor, channel), since);
    } else {
      const channel = data.slice(0, data.indexOf(':'));
      historyOf(this.#histories, channel).hear({ ...at(cursor, channel), data });
    }
  }

  #begin(cursor: Cursor, id: string, since: SimulatedTime): void {
    for (const [channel, came] of this.#lastEventId === undefined ? [] : parseCursor(this.#lastEventId, this.#plan.channels)) {
      const begins = at(cursor, channel);
      if (begins.epoch === came.epoch && begins.seq === came.seq) continue;
      throw new Error(`${this.#name} came with ${this.#lastEventId}, and the stream begins at ${id}`);
    }
    for (const history of this.histories) if (!history.hasBegun) history.begin('baseline', at(cursor, history.channel), since);
  }
}

interface Client {
  readonly read: (chunk: Chunk) => void;
  /** The hub has ended the connection. */
  readonly closed: () => Promise<void>;
}

/** The way from the hub to the client: what was written and not taken yet is lost with the connection. */
class Connection implements Sink {
  stream: Stream | undefined;
  readonly #name: string;
  readonly #leg: Leg;
  readonly #isSteady: boolean;
  readonly #world: ConsumersWorld;
  readonly #client: Client;
  readonly #unread: Chunk[] = [];
  #reading = false;
  #cut = false;

  constructor(name: string, leg: Leg, isSteady: boolean, world: ConsumersWorld, client: Client) {
    this.#name = name;
    this.#leg = leg;
    this.#isSteady = isSteady;
    this.#world = world;
    this.#client = client;
  }

  get bufferedBytes(): number {
    return this.#unread.reduce((bytes, { text }) => bytes + text.length, 0);
  }

  write(bytes: Buffer): void {
    this.#unread.push({ text: textOfChunks(bytes), writtenAt: this.#world.simulation.now });
    if (this.#reading) return;
    this.#reading = true;
    this.#world.simulation.spawn(() => this.#takeUnread());
  }

  close(reason: CloseReason): void {
    if (reason === 'failed') throw new Error(`the hub could not serve ${this.#name}`);
    this.#world.simulation.spawn(() => this.#client.closed());
  }

  cut(): void {
    this.#cut = true;
    this.stream?.detach();
  }

  async #takeUnread(): Promise<void> {
    const { simulation } = this.#world;
    const { hub, lagMs } = this.#leg;
    if (lagMs > 0) await simulation.sleep(lagMs, undefined, NOTHING);
    // What it has read decides something only if it is slow, or leaves.
    await simulation.step(`${this.#name} reads`, this.#isSteady ? [writes(this.#name)] : [hubTouch(hub), writes(this.#name)]);
    this.#reading = false;
    if (this.#cut) return;
    for (const chunk of this.#unread.splice(0)) {
      simulation.note(`${this.#name} reads ${JSON.stringify(chunk.text)}`);
      this.#client.read(chunk);
    }
    this.stream?.wake();
  }
}

function at(cursor: Cursor, channel: string): ChannelPosition {
  const position = cursor.get(channel);
  if (position === undefined) throw new Error(`the id has no position of ${channel}`);
  return position;
}
