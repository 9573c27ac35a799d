import type { Hub } from '../../../../fargate/sse/hub/hub.ts';
import type { LatestEntry, SnapshotEnd } from '../../../../packages/protocol/index.ts';
import type { Leg } from '../scenario.ts';
import type { Simulation } from '../simulation.ts';
import { writes } from '../steps.ts';
import { Connection, goThroughLegs, parseFrame } from '../stream-connection.ts';
import { hubTouch } from '../touches.ts';
import { LatestHistory } from './latest-truth.ts';
import type { ClientKeys, LatestWiring } from './latest-wiring.ts';

export interface LatestConsumerWorld {
  readonly simulation: Simulation;
  readonly wiring: LatestWiring;
  readonly hubs: readonly [Hub, Hub];
  readonly channel: string;
}

/** The client library's keys behind a stream: tells the server what it holds, and drops what is not newer. */
export class LatestConsumer {
  readonly history: LatestHistory;
  readonly #name: string;
  readonly #legs: readonly Leg[];
  readonly #world: LatestConsumerWorld;
  #keys: ClientKeys | undefined;
  #connection: Connection | undefined;

  constructor(name: string, legs: readonly Leg[], world: LatestConsumerWorld) {
    this.history = new LatestHistory(name);
    this.#name = name;
    this.#legs = legs;
    this.#world = world;
  }

  /** Goes through its legs, and stays connected after the last. */
  live(): Promise<void> {
    return goThroughLegs(this.#name, this.#legs, this.#world.simulation, {
      connect: (leg) => this.#connect(leg),
      leave: () => this.leave(),
    });
  }

  leave(): void {
    this.#connection?.cut();
    this.#connection = undefined;
  }

  #connect(leg: Leg): void {
    if (this.#connection !== undefined) return;
    const { simulation, hubs, wiring, channel } = this.#world;
    const keys = this.#keys === undefined ? wiring.newKeys(channel) : wiring.keysAfterReconnect(this.#keys, channel);
    this.#keys = keys;
    const { state } = keys;
    const openedAtMs = performance.now();
    let rest = '';
    const isSteady = this.#legs.length === 1 && leg.lagMs === 0;
    const connection = new Connection(this.#name, leg, isSteady, simulation, {
      read: ({ text }) => {
        const frames = (rest + text).split('\n\n');
        rest = frames.pop() ?? '';
        for (const frame of frames) this.#take(frame, keys, openedAtMs);
      },
      closed: async () => {
        await simulation.step(`${this.#name} notices that it was closed`, [hubTouch(leg.hub), writes(this.#name)]);
        if (this.#connection !== connection) return;
        this.leave();
        this.#connect(leg);
      },
    });
    simulation.note(`${this.#name} connects to hub ${leg.hub} with ${state ?? 'nothing'}`);
    const states = new Map(state === undefined ? [] : [[channel, state]]);
    const attachment = hubs[leg.hub].attach({ channels: [channel], cursor: undefined, states }, connection);
    if (attachment.kind !== 'attached') throw new Error(`hub ${leg.hub} is ${attachment.kind}`);
    connection.stream = attachment.stream;
    this.#connection = connection;
  }

  #take(frame: string, keys: ClientKeys, openedAtMs: number): void {
    const { event, data } = parseFrame(frame);
    if (data === undefined) return;
    const items =
      event === 'snapshot'
        ? keys.complete((JSON.parse(data) as SnapshotEnd).unchanged ? 0 : openedAtMs)
        : keys.offer([JSON.parse(data) as LatestEntry]);
    this.history.shown.push(...items);
  }
}
