import { EPHEMERAL_LIFETIME_MS, type EphemeralEvent } from '../../../../backbone/domain/ephemeral-event.ts';
import { MemoryEventLog } from '../../../../backbone/memory/memory-event-log.ts';
import { MemoryLatestStore } from '../../../../backbone/memory/memory-latest-store.ts';
import type { EphemeralBus } from '../../../../backbone/ports.ts';
import { createEphemeralPublisher } from '../../../../backbone/services/ephemeral-publisher.ts';
import type { Hub } from '../../../../fargate/sse/hub/hub.ts';
import { Fates } from '../fates.ts';
import type { Fate, Leg } from '../scenario.ts';
import { scheduledPort } from '../scheduled-port.ts';
import { simulate } from '../simulate.ts';
import { openSimulatedHub } from '../simulated-hub.ts';
import type { Simulation } from '../simulation.ts';
import { NOTHING, type Steps } from '../steps.ts';
import { Connection, goThroughLegs, parseFrame } from '../stream-connection.ts';
import { hubTouch } from '../touches.ts';
import { BrokenPromiseError } from '../verdict.ts';
import type { EphemeralScenario } from './ephemeral-scenario.ts';

const CHANNEL = 'ephemeral.a';

const RETENTION_MS = 600_000;

/** Longer than any notification is under way. */
const SETTLE_MS = 40_000;

const DELAY_MS = 8_000;

interface Heard {
  readonly data: string;
  readonly atMs: number;
}

/** Plays a scenario of an ephemeral channel to its end in the order in which the steps are taken. @throws what went wrong */
export async function runEphemeral(scenario: EphemeralScenario, steps: Steps): Promise<void> {
  await simulate(steps, (simulation) => new EphemeralRun(scenario, simulation).play());
}

class EphemeralRun {
  readonly #scenario: EphemeralScenario;
  readonly #simulation: Simulation;
  readonly #fates: Fates<Fate>;
  readonly #hubs: readonly [Hub, Hub];
  /** When each event was published, by its data. */
  readonly #published = new Map<string, number>();

  constructor(scenario: EphemeralScenario, simulation: Simulation) {
    this.#scenario = scenario;
    this.#fates = new Fates(scenario.fates);
    this.#simulation = simulation;
    const stores = {
      log: new MemoryEventLog({ clock: simulation, retentionMs: RETENTION_MS }),
      latest: new MemoryLatestStore({ clock: simulation, retentionMs: RETENTION_MS }),
      kindOf: () => 'ephemeral' as const,
      retentionMs: RETENTION_MS,
    };
    this.#hubs = [openSimulatedHub(0, simulation, stores), openSimulatedHub(1, simulation, stores)];
  }

  async play(): Promise<void> {
    const { publishers, consumers, timeMs } = this.#scenario;
    const connections: Connection[] = [];
    await this.#simulation.runUntil(
      Promise.all([
        ...publishers.map((events, at) => this.#publish(`P${at + 1}`, events)),
        this.#simulation.passTime(timeMs),
        ...consumers.map((legs, at) => this.#consume(`stream ${at + 1}`, legs, connections)),
      ]),
    );
    await this.#simulation.runFor(SETTLE_MS);
    for (const connection of connections) connection.cut();
    for (const hub of this.#hubs) hub.close();
  }

  async #publish(name: string, events: number): Promise<void> {
    const simulation = this.#simulation;
    const bus: EphemeralBus = { announce: async (event) => this.#notify(event) };
    const caller = { simulation, name, callTouches: () => this.#fates.touches, answerTouches: () => NOTHING };
    const scheduled = scheduledPort(bus, caller);
    const publish = createEphemeralPublisher({ bus: scheduled, clock: simulation });
    for (let event = 1; event <= events; event++) {
      await simulation.step(`${name} publishes`, NOTHING);
      const data = `${name}.${event}`;
      this.#published.set(data, simulation.nowMs());
      // Does not wait: a publisher's events may overtake each other on the bus.
      simulation.spawn(async () => void (await publish({ channel: CHANNEL, type: 'message', data })));
    }
  }

  #notify(event: EphemeralEvent): void {
    const simulation = this.#simulation;
    for (const hub of [0, 1] as const) {
      const fate = this.#fates.next();
      const copies = fate === 'double' ? 2 : fate === 'drop' ? 0 : 1;
      for (let copy = 0; copy < copies; copy++) {
        simulation.spawn(async () => {
          if (fate === 'delay') await simulation.sleep(DELAY_MS, undefined, NOTHING);
          await simulation.step(`hub ${hub} is notified of ${event.data}`, [hubTouch(hub)]);
          simulation.note(`hub ${hub} is notified of ${event.data}`);
          // Nothing waits for it: there is no promise to await.
          if (this.#hubs[hub].offer(event) !== undefined) throw new BrokenPromiseError(`waits: hub ${hub} waits for ${event.data}`);
        });
      }
    }
  }

  async #consume(name: string, legs: readonly Leg[], connections: Connection[]): Promise<void> {
    let connection: Connection | undefined;
    await goThroughLegs(name, legs, this.#simulation, {
      connect: (leg) => {
        connection = this.#connect(name, leg);
        connections.push(connection);
      },
      leave: () => connection?.cut(),
    });
  }

  #connect(name: string, leg: Leg): Connection {
    const heard: Heard[] = [];
    const connection: Connection = new Connection(name, leg, false, this.#simulation, {
      read: ({ text, writtenAt }) => {
        for (const frame of text.split('\n\n')) {
          const { id, data } = parseFrame(frame);
          if (data === undefined) continue;
          if (id !== undefined) throw new BrokenPromiseError(`id: ${name} got ${data} with an id, and would resume behind it`);
          this.#check(name, { data, atMs: writtenAt.ms }, heard);
          heard.push({ data, atMs: writtenAt.ms });
        }
      },
      closed: async () => {
        throw new BrokenPromiseError(`closed: ${name} was closed for an ephemeral channel`);
      },
    });
    const attachment = this.#hubs[leg.hub].attach({ channels: [CHANNEL], cursor: undefined, states: new Map() }, connection);
    if (attachment.kind !== 'attached') throw new Error(`hub ${leg.hub} is ${attachment.kind}`);
    connection.stream = attachment.stream;
    return connection;
  }

  /** On one connection a publisher's events come in order, each once at most, and none that nobody wants to see any more. */
  #check(name: string, { data, atMs }: Heard, heard: readonly Heard[]): void {
    const [publisher = '', count] = data.split('.');
    const last = heard.findLast((one) => one.data.startsWith(`${publisher}.`));
    if (Number(count) <= Number(last?.data.split('.')[1] ?? 0))
      throw new BrokenPromiseError(`order: ${name} got ${data} behind ${last?.data}`);
    const publishedAtMs = this.#published.get(data);
    if (publishedAtMs === undefined) throw new BrokenPromiseError(`made: ${name} got ${data}, which nobody has published`);
    if (atMs - publishedAtMs > EPHEMERAL_LIFETIME_MS)
      throw new BrokenPromiseError(`late: ${name} got ${data} after ${atMs - publishedAtMs} ms`);
  }
}
