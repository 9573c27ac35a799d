import { type ChannelPosition, type Cursor, formatCursor, parseCursor } from '../../../packages/protocol/cursor.ts';
import type { Reset } from '../../../packages/protocol/index.ts';
import { type Consumer, type ConsumersWorld, historyOf, openHistories } from './consumers.ts';
import type { History } from './history.ts';
import type { ConsumerPlan, Leg } from './scenario.ts';
import type { SimulatedTime } from './simulation.ts';
import { writes } from './steps.ts';
import { type Chunk, Connection, goThroughLegs, parseFrame } from './stream-connection.ts';
import { hubTouch } from './touches.ts';

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

  live(): Promise<void> {
    return goThroughLegs(this.#name, this.#plan.legs, this.#world.simulation, {
      connect: (leg) => this.#connect(leg),
      leave: () => this.leave(),
    });
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
    const connection = new Connection(this.#name, leg, this.#plan.legs.length === 1 && leg.lagMs === 0, simulation, {
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
      const { id, event, data } = parseFrame(frame);
      if (id === undefined) continue;
      this.#take(id, event, data, writtenAt);
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

function at(cursor: Cursor, channel: string): ChannelPosition {
  const position = cursor.get(channel);
  if (position === undefined) throw new Error(`the id has no position of ${channel}`);
  return position;
}
