import { APPEND_LIMIT_MS } from '../../../backbone/contract.ts';
import type { ChannelEvent } from '../../../backbone/domain/event.ts';
import type { Clock, EventBus, EventLog } from '../../../backbone/ports.ts';
import { publishBatch } from '../../../backbone/services/batch-publisher.ts';
import { publish } from '../../../backbone/services/publisher.ts';
import { IdempotencyConflictError, type PublisherOptions } from '../../../backbone/services/publishing-steps.ts';
import { CrashCounter, intercept } from '../../../test/support/intercept.ts';
import type { PublicationPlan, PublisherPlan, Try } from './scenario.ts';
import { scheduledPort } from './scheduled-port.ts';
import type { Simulation } from './simulation.ts';
import { NOTHING, type Touches } from './steps.ts';
import { logTouches } from './touches.ts';
import type { Truth } from './truth.ts';
import { BrokenPromiseError } from './verdict.ts';
import type { Wiring } from './wiring.ts';

export interface PublishersWorld {
  readonly simulation: Simulation;
  readonly truth: Truth;
  readonly wiring: Wiring;
  readonly log: EventLog;
  readonly bus: EventBus;
  /** What happens to a notification may depend on how many came before. */
  readonly busTouches: Touches;
  readonly stalls: boolean;
}

/** Makes the publications of a plan one after the other, each with its tries. */
export async function runPublisher(name: string, plan: PublisherPlan, world: PublishersWorld): Promise<void> {
  for (const [index, publication] of plan.publications.entries()) {
    const publicationName = `${publication.channel}:${name}.${index + 1}`;
    const tries = publication.keyed ? publication.tries : publication.tries.slice(0, 1);
    const runs = tries.map((one, at) => async () => {
      const tryName = `${publicationName}#${at + 1}`;
      await tryToPublish({ publisher: name, index, name: publicationName, tryName, skewMs: plan.skewMs, plan: publication, one }, world);
    });
    if (publication.racing) await Promise.all(runs.map((run) => run()));
    else for (const run of runs) await run();
  }
}

interface Attempt {
  /** Whose its key is. */
  readonly publisher: string;
  /** Of the publication among its publisher's. */
  readonly index: number;
  readonly name: string;
  readonly tryName: string;
  readonly skewMs: number;
  readonly plan: PublicationPlan;
  readonly one: Try;
}

async function tryToPublish({ publisher, index, name, tryName, skewMs, plan, one }: Attempt, world: PublishersWorld): Promise<void> {
  const { simulation, truth, wiring, stalls } = world;
  if (one.afterMs > 0) await simulation.sleep(one.afterMs, undefined, NOTHING);
  await simulation.step(`${tryName} is called`, NOTHING);
  // A crash at call 0 never comes.
  const counter = new CrashCounter(one.crash ?? { atCall: Number.POSITIVE_INFINITY, when: 'before' });
  const caller = {
    simulation,
    name: tryName,
    answerTouches: () => NOTHING,
    delayMs: (method: string) => (method === 'append' && (stalls || one.writeMs < APPEND_LIMIT_MS) ? one.writeMs : 0),
    limitMs: (method: string) => (method === 'append' && !stalls ? APPEND_LIMIT_MS : undefined),
  };
  const bus = scheduledPort(wiring.publisherBus(world.bus), { ...caller, callTouches: () => world.busTouches });
  const log = wiring.publisherLog(scheduledPort(world.log, { ...caller, callTouches: logTouches }), bus);
  const around = <T>(make: () => Promise<T>) => counter.call(make);
  const clock: Clock = { nowMs: () => simulation.nowMs() + skewMs, sleep: (ms, signal) => simulation.sleep(ms, signal, NOTHING) };
  const options = { log: intercept(log, around), bus: intercept(bus, around), clock, publishTimeoutMs: wiring.publishTimeoutMs };
  try {
    // Publishers use the same keys, each in a scope of its own.
    for (const [event, acknowledged] of await publishPlan(name, { ...plan, ...(plan.keyed && { key: `${index}` }) }, publisher, options)) {
      truth.acknowledge(event, acknowledged);
      simulation.note(`${tryName} is acknowledged as ${acknowledged.epoch}.${acknowledged.seq}`);
    }
  } catch (error) {
    // No key is used for two contents here.
    if (error instanceof IdempotencyConflictError) throw new BrokenPromiseError(`key: ${tryName} met another's key`, { cause: error });
    simulation.note(`${tryName} fails: ${(error as Error).name}`);
  }
}

/**
 * Publishes what is planned; the tries of a publication have one content.
 * @returns what is acknowledged, by its name
 */
async function publishPlan(
  name: string,
  { channel, batch, key }: PublicationPlan & { readonly key?: string },
  publisher: string,
  options: PublisherOptions,
): Promise<ReadonlyMap<string, ChannelEvent>> {
  const keyed = key === undefined ? {} : { key };
  if (batch === undefined) {
    return new Map([[name, await publish({ channel, type: 'message', data: `${name}#`, ...keyed }, publisher, options)]]);
  }
  const names = Array.from({ length: batch }, (_, index) => `${name}[${index}]`);
  const events = names.map((event) => ({ type: 'message', data: `${event}#` }));
  const outcomes = await publishBatch({ channel, events, ...keyed }, publisher, options);
  return new Map(names.flatMap((event, index) => (outcomes[index]?.kind === 'stored' ? [[event, outcomes[index].event]] : [])));
}
