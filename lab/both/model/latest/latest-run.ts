import type { LatestEvent } from '../../../../backbone/domain/latest-event.ts';
import { MemoryEventLog } from '../../../../backbone/memory/memory-event-log.ts';
import { MemoryLatestStore } from '../../../../backbone/memory/memory-latest-store.ts';
import type { LatestBus, LatestStore } from '../../../../backbone/ports.ts';
import { createLatestPublisher } from '../../../../backbone/services/latest-publisher.ts';
import type { Hub } from '../../../../fargate/sse/hub/hub.ts';
import { formatVersion } from '../../../../packages/protocol/version.ts';
import { CrashCounter, CrashedError, intercept } from '../../../../test/support/intercept.ts';
import { Fates } from '../fates.ts';
import { scheduledPort } from '../scheduled-port.ts';
import { simulate } from '../simulate.ts';
import { openSimulatedHub } from '../simulated-hub.ts';
import type { Simulation } from '../simulation.ts';
import { NOTHING, reads, type Steps, type Touches, writes } from '../steps.ts';
import { hubTouch } from '../touches.ts';
import { LatestConsumer, type LatestConsumerWorld } from './latest-consumer.ts';
import type { LatestDay, LatestFate, LatestPublication, LatestScenario } from './latest-scenario.ts';
import { checkLatest, LatestTruth } from './latest-truth.ts';
import type { LatestWiring } from './latest-wiring.ts';

const CHANNEL = 'latest.a';

const RETENTION_MS = 600_000;

/** Two comparisons, the second of which sees what the first could not. */
const SETTLE_MS = 75_000;

const DELAY_MS: Readonly<Partial<Record<LatestFate, number>>> = { delay: 8_000, late: 200_000 };

/** Plays a scenario of a `latest` channel to its end in the order in which the steps are taken. @throws what went wrong */
export async function runLatest(scenario: LatestScenario, steps: Steps, wiring: LatestWiring): Promise<void> {
  await simulate(steps, (simulation) => new LatestRun(scenario, simulation, wiring).play());
}

class LatestRun {
  readonly #scenario: LatestScenario;
  readonly #simulation: Simulation;
  readonly #fates: Fates<LatestFate>;
  readonly #truth: LatestTruth;
  readonly #table: LatestStore;
  readonly #bus: LatestBus = { announceLatest: async (events) => this.#notify(events) };
  readonly #world: LatestConsumerWorld;

  constructor(scenario: LatestScenario, simulation: Simulation, wiring: LatestWiring) {
    this.#scenario = scenario;
    this.#fates = new Fates(scenario.fates);
    this.#simulation = simulation;
    this.#truth = new LatestTruth(() => simulation.nowMs());
    const table = wiring.table(new MemoryLatestStore({ clock: simulation, retentionMs: RETENTION_MS }));
    this.#table = this.#truth.watch(table, scenario.lags);
    this.#world = { simulation, wiring, channel: CHANNEL, hubs: [this.#openHub(0, wiring), this.#openHub(1, wiring)] };
  }

  async play(): Promise<void> {
    const { consumers: plans, days, nightMs } = this.#scenario;
    const { hubs } = this.#world;
    for (const hub of hubs) hub.start();
    const consumers: LatestConsumer[] = [];
    for (const [index, day] of days.entries()) {
      if (index > 0) this.#night(nightMs, consumers);
      const newcomers = plans.filter((_, at) => at % days.length === index).map((legs, at) => [consumers.length + at + 1, legs] as const);
      for (const [number, legs] of newcomers) consumers.push(new LatestConsumer(`stream ${number}`, legs, this.#world));
      await this.#simulation.runUntil(Promise.all([...this.#runDay(index, day), ...consumers.map((consumer) => consumer.live())]));
      await this.#simulation.runFor(SETTLE_MS);
    }
    const histories = consumers.map(({ history }) => history);
    checkLatest(histories, this.#truth, await this.#table.read(CHANNEL, 'strong'));
    for (const consumer of consumers) consumer.leave();
    for (const hub of hubs) hub.close();
  }

  *#runDay(index: number, { publishers, timeMs }: LatestDay): Generator<Promise<void>> {
    for (const [at, publications] of publishers.entries()) yield this.#publish(`P${index + 1}${at + 1}`, publications);
    yield this.#simulation.passTime(timeMs);
  }

  async #publish(publisher: string, publications: readonly LatestPublication[]): Promise<void> {
    for (const [index, { key, removes, crash, afterMs }] of publications.entries()) {
      if (afterMs > 0) await this.#simulation.sleep(afterMs, undefined, NOTHING);
      for (const [at, one] of [crash, ...(crash === undefined ? [] : [undefined])].entries()) {
        const name = `${publisher}.${index + 1}#${at + 1}`;
        await this.#simulation.step(`${name} is called`, NOTHING);
        const counter = new CrashCounter(one ?? { atCall: Number.POSITIVE_INFINITY, when: 'before' });
        const around = <T>(make: () => Promise<T>) => counter.call(make);
        const caller = { simulation: this.#simulation, name, answerTouches: () => NOTHING };
        const store = scheduledPort(this.#table, { ...caller, callTouches: () => [writes('table')] });
        const bus = scheduledPort(this.#bus, { ...caller, callTouches: () => this.#fates.touches });
        const { publishLatest } = createLatestPublisher({ store: intercept(store, around), bus: intercept(bus, around) });
        try {
          await publishLatest({ channel: CHANNEL, key, value: removes ? 'removed' : { type: 'message', data: name } });
        } catch (error) {
          if (!(error instanceof CrashedError)) throw error;
          this.#simulation.note(`${name} fails`);
        }
      }
    }
  }

  #openHub(hub: 0 | 1, { compareIntervalMs }: LatestWiring): Hub {
    const simulation = this.#simulation;
    const own: Touches = [hubTouch(hub)];
    const caller = { simulation, name: `hub ${hub}`, callTouches: () => [reads('table')], answerTouches: () => own };
    return openSimulatedHub(hub, simulation, {
      log: scheduledPort(new MemoryEventLog({ clock: simulation, retentionMs: RETENTION_MS }), caller),
      latest: scheduledPort(this.#table, caller),
      kindOf: () => 'latest',
      retentionMs: RETENTION_MS,
      headCheckIntervalMs: compareIntervalMs,
    });
  }

  #notify(events: readonly LatestEvent[]): void {
    const names = events.map(({ key, version, data = 'removal' }) => `${key} ${formatVersion(version)} ${data}`).join(', ');
    for (const hub of [0, 1] as const) {
      const fate = this.#fates.next();
      const copies = fate === 'double' ? 2 : fate === 'drop' ? 0 : 1;
      for (let copy = 0; copy < copies; copy++) {
        this.#simulation.spawn(async () => {
          const delayMs = DELAY_MS[fate];
          if (delayMs !== undefined) await this.#simulation.sleep(delayMs, undefined, NOTHING);
          await this.#simulation.step(`hub ${hub} is notified of ${names}`, this.#offerTouches(hub));
          this.#simulation.note(`hub ${hub} is notified of ${names}`);
          for (const event of events) await this.#world.hubs[hub].offer(event);
        });
      }
    }
  }

  /** A task without clients drops what it is offered. */
  #offerTouches(hub: 0 | 1): Touches {
    return this.#scenario.consumers.some((legs) => legs.some((leg) => leg.hub === hub)) ? [hubTouch(hub)] : NOTHING;
  }

  #night(ms: number, consumers: readonly LatestConsumer[]): void {
    for (const consumer of consumers.slice(1)) consumer.leave();
    this.#simulation.note(`a night of ${ms} ms`);
    this.#simulation.advance(ms);
  }
}
