import type { ChannelEvent } from '../../../backbone/domain/event.ts';
import { MemoryEventLog } from '../../../backbone/memory/memory-event-log.ts';
import { MemoryLatestStore } from '../../../backbone/memory/memory-latest-store.ts';
import type { EventBus, EventLog } from '../../../backbone/ports.ts';
import type { Hub } from '../../../fargate/sse/hub/hub.ts';
import { type ChannelPosition, formatPosition, ORIGIN } from '../../../packages/protocol/cursor.ts';
import type { Consumer, ConsumersWorld } from './consumers.ts';
import { Fates } from './fates.ts';
import { PollConsumer } from './poll-consumer.ts';
import { runPublisher } from './publishers.ts';
import { CHANNELS, type ConsumerPlan, type Day, type Fate, type Scenario } from './scenario.ts';
import { scheduledPort } from './scheduled-port.ts';
import { simulate } from './simulate.ts';
import { openSimulatedHub } from './simulated-hub.ts';
import type { Simulation } from './simulation.ts';
import { SocketConsumer } from './socket-consumer.ts';
import { SocketLane } from './socket-lane.ts';
import { NOTHING, reads, type Steps, type Touches } from './steps.ts';
import { StreamConsumer } from './stream-consumer.ts';
import { hubTouch, logTouches } from './touches.ts';
import { Truth } from './truth.ts';
import { checkPromises } from './verdict.ts';
import type { Wiring } from './wiring.ts';

const RETENTION_MS = 600_000;

/** Longer than everything that waits: the grace period, notifications under way, and two comparisons of heads. */
const SETTLE_MS = 75_000;

/** How late a notification may be. */
const DELAY_MS = 8_000;

/** Entries on a page, so that every replay takes several. */
const PAGE = 2;

/** Plays a scenario to its end in the order in which the steps are taken. @throws what went wrong, with everything that happened */
export async function run(scenario: Scenario, steps: Steps, wiring: Wiring): Promise<void> {
  await simulate(steps, (simulation) => new Run(scenario, simulation, wiring).play());
}

class Run {
  readonly #scenario: Scenario;
  readonly #simulation: Simulation;
  readonly #fates: Fates<Fate>;
  readonly #wiring: Wiring;
  readonly #truth = new Truth();
  readonly #table: MemoryEventLog;
  readonly #log: EventLog;
  readonly #bus: EventBus;
  readonly #world: ConsumersWorld;
  readonly #beganAtMs: number;

  constructor(scenario: Scenario, simulation: Simulation, wiring: Wiring) {
    this.#scenario = scenario;
    this.#fates = new Fates(scenario.fates);
    this.#simulation = simulation;
    this.#wiring = wiring;
    this.#beganAtMs = simulation.nowMs();
    this.#table = new MemoryEventLog({ clock: simulation, retentionMs: RETENTION_MS });
    this.#log = this.#truth.watch(wiring.table(this.#table), () => simulation.now);
    this.#bus = { notify: async (events) => this.#notify(events) };
    const lane = new SocketLane({ simulation, wiring, log: smallPages(this.#log), retentionMs: RETENTION_MS });
    this.#world = {
      simulation,
      lane,
      hubs: [this.#openHub(0), this.#openHub(1)],
      isWiped: () => this.#truth.wiped,
      startOf: (plan) => this.#startOf(plan),
    };
  }

  async play(): Promise<void> {
    const { days } = this.#scenario;
    const consumers: Consumer[] = [];
    for (const hub of this.#world.hubs) hub.start();
    for (const [index, day] of days.entries()) {
      if (index > 0) this.#night(consumers);
      await this.#simulation.runUntil(Promise.all([...this.#runDay(index, day), this.#runConsumers(index, consumers)]));
      await this.#simulation.runFor(SETTLE_MS);
    }
    const heads = await this.#table.heads(CHANNELS);
    await this.#simulation.runUntil(Promise.all(consumers.map((consumer) => consumer.finish())));
    for (const consumer of consumers) consumer.leave();
    for (const hub of this.#world.hubs) hub.close();
    checkPromises({
      scenario: this.#scenario,
      truth: this.#truth,
      retentionMs: RETENTION_MS,
      expiresFromMs: this.#beganAtMs + RETENTION_MS - 2 * this.#wiring.graceMs,
      histories: consumers.flatMap(({ histories }) => histories),
      notifiedOnly: new Set(consumers.filter((consumer) => consumer instanceof SocketConsumer).flatMap(({ histories }) => histories)),
      epochs: new Map([...heads].map(([channel, { epoch }]) => [channel, epoch])),
    });
  }

  *#runDay(index: number, { publishers, timeMs }: Day): Generator<Promise<void>> {
    for (const [at, plan] of publishers.entries()) {
      const { truth, wiring, log, bus } = { truth: this.#truth, wiring: this.#wiring, log: this.#log, bus: this.#bus };
      yield runPublisher(`P${index + 1}${at + 1}`, plan, {
        simulation: this.#simulation,
        truth,
        wiring,
        log,
        bus,
        busTouches: this.#fates.touches,
        stalls: this.#scenario.stalls,
      });
    }
    yield this.#simulation.passTime(timeMs);
    if (this.#scenario.wipe && index === 0) yield this.#wipe();
  }

  async #runConsumers(day: number, consumers: Consumer[]): Promise<void> {
    const newcomers = this.#scenario.consumers.filter((_, at) => at % this.#scenario.days.length <= day);
    await Promise.all([
      ...consumers.map((consumer) => consumer.live()),
      ...newcomers.slice(consumers.length).map(async (plan, at) => {
        const name = `${plan.kind} ${consumers.length + at + 1}`;
        await this.#simulation.step(`${name} comes`, this.#arrivalTouches(plan));
        const consumer = this.#openConsumer(name, plan);
        consumers.push(consumer);
        await consumer.live();
      }),
    ]);
  }

  /** Who has a cursor takes it from what is there already. */
  #arrivalTouches({ channels, start }: ConsumerPlan): Touches {
    return start === 'old' || start === 'ahead' ? channels.map((channel) => reads(`entries of ${channel}`)) : NOTHING;
  }

  #openConsumer(name: string, plan: ConsumerPlan): Consumer {
    if (plan.kind === 'stream') return new StreamConsumer(name, plan, this.#world);
    if (plan.kind === 'poll') return new PollConsumer(name, plan, this.#world);
    return new SocketConsumer(name, plan, this.#world);
  }

  #openHub(hub: 0 | 1): Hub {
    const simulation = this.#simulation;
    const { graceMs, headCheckIntervalMs, heartbeatIntervalMs, consumerLog } = this.#wiring;
    const answerTouches = (method: string, [channel]: readonly unknown[]) => [
      hubTouch(hub),
      // What it tells its clients then is held against what is written then.
      ...(method === 'head' || method === 'readBack' ? [reads(`entries of ${channel}`)] : []),
    ];
    const caller = { simulation, name: `hub ${hub}`, callTouches: logTouches, answerTouches };
    return openSimulatedHub(hub, simulation, {
      log: scheduledPort(consumerLog(smallPages(this.#log)), caller),
      latest: new MemoryLatestStore({ clock: simulation, retentionMs: RETENTION_MS }),
      retentionMs: RETENTION_MS,
      graceMs,
      heartbeatIntervalMs,
      headCheckIntervalMs,
    });
  }

  #startOf({ channels, start }: ConsumerPlan): ReadonlyMap<string, ChannelPosition> | undefined {
    if (start === 'none') return undefined;
    const known = [...this.#truth.written.values()].map(({ event }) => event);
    const positions = channels.flatMap((channel): [string, ChannelPosition][] => {
      const newest = known.findLast((event) => event.channel === channel);
      if (start === 'unused') return [[channel, ORIGIN]];
      if (start === 'foreign') return [[channel, { epoch: 'foreign', seq: 1 }]];
      if (newest === undefined) return [];
      const seq = start === 'ahead' ? newest.seq + 1_000 : Math.floor(newest.seq / 2);
      return [[channel, { epoch: newest.epoch, seq }]];
    });
    return positions.length === 0 ? undefined : new Map(positions);
  }

  /** A copy of the notification goes to each task and to the WebSocket lane; the latter's queue loses none. */
  #notify(events: readonly ChannelEvent[]): void {
    const names = events.map(({ data }) => data).join(' ');
    const receivers = [
      { name: 'hub 0', take: () => this.#offer(0, events), touches: this.#offerTouches(0), loses: true },
      { name: 'hub 1', take: () => this.#offer(1, events), touches: this.#offerTouches(1), loses: true },
      { name: 'websocket lane', take: () => this.#world.lane.fanOut(events), touches: NOTHING, loses: false },
    ];
    for (const { name, take, touches, loses } of receivers) {
      const fate = this.#fates.next();
      const copies = fate === 'double' ? 2 : fate === 'drop' && loses ? 0 : 1;
      for (let copy = 0; copy < copies; copy++) {
        this.#simulation.spawn(async () => {
          if (fate === 'delay') await this.#simulation.sleep(DELAY_MS, undefined, NOTHING);
          await this.#simulation.step(`${name} is notified of ${names}`, touches);
          for (const event of events) this.#simulation.note(`${name} is notified of ${event.channel} ${formatPosition(event)}`);
          await take();
        });
      }
    }
  }

  /** A task without clients drops what it is offered. */
  #offerTouches(hub: 0 | 1): Touches {
    const isUsed = ({ kind, legs }: ConsumerPlan) => kind === 'poll' || (kind === 'stream' && legs.some((leg) => leg.hub === hub));
    return this.#scenario.consumers.some(isUsed) ? [hubTouch(hub)] : NOTHING;
  }

  async #offer(hub: 0 | 1, events: readonly ChannelEvent[]): Promise<void> {
    for (const event of events) await this.#world.hubs[hub].offer(event);
  }

  async #wipe(): Promise<void> {
    // The more steps before it, the more there is to lose.
    for (let step = 0; step < 9; step++) await this.#simulation.step('the log still stands', NOTHING);
    await this.#simulation.step('the log still stands');
    this.#simulation.note('the log is lost');
    this.#truth.wiped = true;
    this.#table.wipe();
  }

  /** All consumers but the first two leave, and come back when about half of what there is has expired. */
  #night(consumers: readonly Consumer[]): void {
    for (const consumer of consumers.slice(2)) consumer.leave();
    const times = [...this.#truth.written.values()].map(({ event }) => event.publishedAtMs).sort((a, b) => a - b);
    const middle = times[Math.floor(times.length / 2)] ?? this.#simulation.nowMs();
    const ms = Math.max(0, middle + RETENTION_MS + this.#scenario.expiredByMs - this.#simulation.nowMs());
    this.#simulation.note(`a night of ${ms} ms`);
    this.#simulation.advance(ms);
    if (this.#scenario.deletesExpired) this.#table.deleteExpired();
  }
}

/** The log, whose pages are as small as can be. */
function smallPages(log: EventLog): EventLog {
  return new Proxy(log, {
    get(target, property) {
      if (property === 'read') {
        const read: EventLog['read'] = (channel, epoch, fromSeq, limit, toSeq) =>
          target.read(channel, epoch, fromSeq, Math.min(limit, PAGE), toSeq);
        return read;
      }
      if (property === 'readBack') {
        const readBack: EventLog['readBack'] = (channel, epoch, fromSeq, limit) =>
          target.readBack(channel, epoch, fromSeq, Math.min(limit, PAGE));
        return readBack;
      }
      return Reflect.get(target, property);
    },
  });
}
