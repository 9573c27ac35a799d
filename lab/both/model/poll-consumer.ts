import type { PollPage } from '../../../fargate/sse/hub/poll.ts';
import { type Cursor, formatCursor } from '../../../packages/protocol/cursor.ts';
import { type Consumer, type ConsumersWorld, openHistories } from './consumers.ts';
import type { History } from './history.ts';
import type { ConsumerPlan, Leg } from './scenario.ts';
import type { SimulatedTime } from './simulation.ts';
import { writes } from './steps.ts';
import { hubTouch } from './touches.ts';

const WAIT_MS = 1_000;

/** Polls, long and short, and goes on with the cursor of the last answer that it got. */
export class PollConsumer implements Consumer {
  readonly #name: string;
  readonly #plan: ConsumerPlan;
  readonly #world: ConsumersWorld;
  readonly #histories: ReadonlyMap<string, History>;
  #cursor: Cursor | undefined;

  constructor(name: string, plan: ConsumerPlan, world: ConsumersWorld) {
    this.#name = name;
    this.#plan = plan;
    this.#world = world;
    this.#cursor = world.startOf(plan);
    this.#histories = openHistories(name, plan, this.#cursor, world.simulation.now);
  }

  get histories(): readonly History[] {
    return [...this.#histories.values()];
  }

  async live(): Promise<void> {
    for (const leg of this.#plan.legs) {
      // The answer of every third poll is lost on its way.
      for (let poll = 0; poll < leg.steps / 3; poll++) await this.#poll(leg.hub, leg.lagMs === 0 ? 0 : WAIT_MS, poll % 3 === 2);
    }
  }

  leave(): void {
    // It is never connected for longer than a poll.
  }

  async finish(): Promise<void> {
    for (const hub of [0, 1] as const) while ((await this.#poll(hub, 0, false)) > 0);
  }

  async #poll(hub: Leg['hub'], waitMs: number, lost: boolean): Promise<number> {
    const { simulation, hubs } = this.#world;
    const { channels } = this.#plan;
    await simulation.step(`${this.#name} polls`, [hubTouch(hub)]);
    const outcome = await hubs[hub].poll({ channels, cursor: this.#cursor }, waitMs, new AbortController().signal);
    if (outcome.kind !== 'page') throw new Error(`hub ${hub} is ${outcome.kind}`);
    outcome.release();
    const answeredAt = simulation.now;
    await simulation.step(`the answer for ${this.#name} comes`, [writes(this.#name)]);
    const { events, resets, cursor } = outcome.page;
    const lines = [...resets.map((reset) => JSON.stringify(reset)), ...events.map(({ data }) => data)];
    simulation.note(`${this.#name} polled hub ${hub}${lost ? ' in vain' : ''}: ${lines.join(' ')} up to ${formatCursor(channels, cursor)}`);
    if (lost) return 0;
    this.#take(outcome.page, answeredAt);
    return events.length + resets.length;
  }

  #take({ events, resets, cursor }: PollPage, since: SimulatedTime): void {
    for (const [channel, history] of this.#histories) {
      const position = cursor.get(channel);
      if (position === undefined) throw new Error(`the cursor has no position of ${channel}`);
      const news = events.filter((event) => event.channel === channel);
      const reason = resets.findLast((reset) => reset.channel === channel)?.reason;
      // A page does not say where between its events a reset belongs: those before it have no claim to be complete.
      const [first] = news.filter(({ epoch }) => epoch === position.epoch);
      if (reason !== undefined) history.begin(reason, position, since);
      else if (!history.hasBegun) history.begin('baseline', first === undefined ? position : { ...position, seq: first.seq - 1 }, since);
      if (reason === undefined) for (const event of news) history.hear(event);
    }
    this.#cursor = cursor;
  }
}
