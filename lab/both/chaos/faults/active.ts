import { setTimeout as sleep } from 'node:timers/promises';
import type { LocalRun } from '../../../../packages/assembly-local/run.ts';
import type { TaskService } from '../../../../packages/assembly-local/tasks/task-service.ts';
import { repeatedly } from '../pause.ts';
import type { Random } from '../random.ts';
import type { Tally } from '../tally.ts';
import type { FaultRates } from './rates.ts';

/** A deploy's deregistration delay in seconds instead of minutes. */
const DEREGISTRATION_DELAY_MS = 1_000;

/** How long a task stands still: its queue fills meanwhile. */
const STALL_MS = { min: 2_000, max: 5_000 };

export interface ActiveOptions {
  readonly run: LocalRun;
  readonly rates: FaultRates;
  readonly tally: Tally;
  readonly randomOf: (stream: string) => Random;
}

/** Faults that are done to the run: connections are cut, tasks die, are replaced, stand still. Resolves when the last is over. */
export async function actUntil(options: ActiveOptions, over: AbortSignal): Promise<void> {
  const { rates, randomOf } = options;
  const act = (stream: string, everyMs: number, work: (random: Random) => void | Promise<void>) => {
    const random = randomOf(stream);
    const waitMs = () => random.between(everyMs / 2, everyMs * 1.5);
    return repeatedly(waitMs, over, () => work(random));
  };
  await Promise.all([
    act('cuts', rates.cutEveryMs, (random) => cut(random, options)),
    ...options.run.services.flatMap((service) => [
      act('kills', rates.killEveryMs, (random) => kill(service, random, options)),
      act('rolls', rates.rollEveryMs, (random) => roll(service, random, options)),
      act('stalls', rates.stallEveryMs, (random) => stall(service, random, options)),
    ]),
  ]);
}

/** One of all that clients have open: streams, polls and posts at the balancer, sockets at the gateway. */
function cut(random: Random, { run, tally }: ActiveOptions): void {
  const open = [
    ...run.listeners.flatMap((listener) => listener.exchanges.map(({ cut: cutExchange }) => ({ kind: 'http', cut: cutExchange }))),
    ...run.gateways.flatMap((gateway) => gateway.openConnections.map((id) => ({ kind: 'socket', cut: () => gateway.cut(id) }))),
  ];
  const chosen = random.pick(open);
  if (chosen === undefined) return;
  tally.add(`cut.${chosen.kind}`);
  chosen.cut();
}

async function kill(service: TaskService, random: Random, { tally }: ActiveOptions): Promise<void> {
  const task = random.pick(service.tasks);
  if (task === undefined) return;
  tally.add('task.killed');
  await service.kill(task.id);
}

/** A new task first, then the old one goes, as in a deploy. */
async function roll(service: TaskService, random: Random, { tally }: ActiveOptions): Promise<void> {
  const task = random.pick(service.tasks);
  if (task === undefined) return;
  // The new one may be killed before it is ready: the deploy goes on with the next try.
  await service.start().catch(() => undefined);
  // It may have been killed meanwhile, and is replaced already.
  if (!service.tasks.includes(task)) return;
  tally.add('task.rolled');
  await service.stop(task.id, { deregistrationDelayMs: DEREGISTRATION_DELAY_MS });
}

/** Stops a task's process with all that it holds; its queue fills. Then it goes on with a full queue, or dies with it. */
async function stall(service: TaskService, random: Random, { tally }: ActiveOptions): Promise<void> {
  const task = random.pick(service.tasks);
  if (task?.pid === undefined) return;
  const { pid } = task;
  tally.add('task.stalled');
  signal(pid, 'SIGSTOP');
  const resume = () => signal(pid, 'SIGCONT');
  // A stopped child would outlive this process, since it cannot notice.
  process.once('exit', resume);
  await sleep(random.between(STALL_MS.min, STALL_MS.max));
  process.off('exit', resume);
  if (random.chance(0.5) && service.tasks.includes(task)) {
    tally.add('task.killed');
    tally.add('task.killedWithFullQueue');
    await service.kill(task.id);
  } else {
    resume();
  }
}

/** The process may have ended a moment ago. */
function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
