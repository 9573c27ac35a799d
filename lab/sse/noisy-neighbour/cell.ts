import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startServerProcess } from '../../shared/peers/server-process.ts';
import { type MemoryPeak, MemoryWatch } from '../task/memory-watch.ts';
import { besideFirstCore } from '../task/pinned.ts';
import type { TaskSettings } from '../task/settings.ts';
import { startTask, type TaskIssuer, type TaskProcess } from '../task/task-process.ts';
import { Crowd, type Period } from './crowd.ts';
import { OFFENDERS, type OffenderName } from './offenders/catalog.ts';
import type { Attack, OffenderKind, Outcomes } from './offenders/offender.ts';
import { probe, type Resumes, Victim } from './victim.ts';

export interface CellOptions {
  readonly offender: OffenderName;
  readonly hostileUsers: number;
  readonly settings: TaskSettings;
  readonly issuer: TaskIssuer;
  readonly logLatencyMs: number;
  /** Of each of the two periods: without offenders, and beside them. */
  readonly seconds: number;
  readonly streams: number;
  /** Events a second that are published for the normal streams. */
  readonly perSecond: number;
  readonly signal: AbortSignal;
}

/** What the clients of a period saw that do nothing wrong. */
export interface Seen {
  readonly readyMs: readonly number[];
  readonly resumes: Resumes;
  readonly live: Period;
}

export interface CellResult {
  readonly calm: Seen;
  /** While the offenders connect. */
  readonly rush: Seen;
  readonly noisy: Seen;
  readonly memory: MemoryPeak;
  readonly outcomes: Outcomes;
  /** What {@link OffenderKind.check} found. */
  readonly violation: string | undefined;
}

/** Users who do nothing wrong. */
const NORMAL_USERS = 20;

/** Compiles and connects what is compiled and connected at first use. */
const WARM_UP_SECONDS = 2;

/** What offenders cause while all of them connect is measured apart from what they cause once they are connected. */
const RUSH_SECONDS = 2;

/** A rush that takes longer is given up: the task stands still. */
const PRESS_MS = 20_000;

/** With thousands of sockets the end takes a moment. */
const OFFENDERS_STOP_MS = 20_000;

/** One kind of offender against a task of its own: a period without them, then one beside them. */
export async function measureCell(options: CellOptions): Promise<CellResult> {
  const { offender, settings, issuer, logLatencyMs, seconds, streams } = options;
  const task = await startTask({ settings, issuer, logLatencyMs });
  const watch = new MemoryWatch(task);
  const over = AbortSignal.any([options.signal, watch.death]);
  const kind: OffenderKind = OFFENDERS[offender];
  const [first, ...others] = usersOf(task, issuer, 'normal', NORMAL_USERS);
  const crowd = new Crowd([first, ...others], 'crowd');
  const victim = new Victim([first, ...others]);
  try {
    await victim.prepare(task, WARM_UP_SECONDS + RUSH_SECONDS + seconds * 2);
    const heads = (await kind.prepare?.(task)) ?? {};
    await crowd.open(streams);
    await see({ task, crowd, victim, seconds: WARM_UP_SECONDS, over }, options);
    const calm = await see({ task, crowd, victim, seconds, over }, options);

    const tokens = usersOf(task, issuer, 'hostile', options.hostileUsers).map(({ token }) => token);
    const { outcomes, seen } = await beside({ base: task.base, tokens, heads }, kind, task, options, async () => ({
      rush: await see({ task, crowd, victim, seconds: RUSH_SECONDS, over }, options),
      noisy: await see({ task, crowd, victim, seconds, over }, options),
    }));
    const memory = await watch.stop();
    const violation = memory.died ? undefined : await kind.check?.(task);
    return { calm, ...seen, memory, outcomes, violation };
  } finally {
    await watch.stop();
    crowd.close();
    await task.stop();
  }
}

interface Clients {
  readonly task: TaskProcess;
  readonly crowd: Crowd;
  readonly victim: Victim;
  readonly seconds: number;
  /** Aborts when there is nothing to wait for any more. */
  readonly over: AbortSignal;
}

/** All normal clients at once. */
async function see({ task, crowd, victim, seconds, over }: Clients, { perSecond }: CellOptions): Promise<Seen> {
  const [readyMs, resumes, live] = await Promise.all([
    probe(task.base, seconds),
    victim.resume(seconds),
    crowd.period(seconds, perSecond, over),
  ]);
  return { readyMs, resumes, live };
}

/** Does something while the offenders are there. */
async function beside<T>(
  attack: Attack,
  kind: OffenderKind,
  task: TaskProcess,
  { offender }: CellOptions,
  act: () => Promise<T>,
): Promise<{ readonly outcomes: Outcomes; readonly seen: T }> {
  const { tokens, ...rest } = attack;
  const program = join(import.meta.dirname, 'offenders-program.ts');
  const [command, args] = besideFirstCore(process.execPath, [program, offender, JSON.stringify(rest), ...tokens]);
  const offenders = startServerProcess(command, args, { stopMs: OFFENDERS_STOP_MS });
  const pressing = new AbortController();
  try {
    await offenders.firstLine();
    // A task that dies under it is what is measured.
    await Promise.race([kind.press?.(task, attack, pressing.signal).catch(() => undefined), sleep(PRESS_MS, undefined, { ref: false })]);
    const seen = await act();
    pressing.abort();
    await offenders.stop();
    const line = offenders.lastLine();
    return { outcomes: JSON.parse(line) as Outcomes, seen };
  } finally {
    pressing.abort();
    await offenders.stop();
  }
}

function usersOf({ base }: TaskProcess, issuer: TaskIssuer, name: string, count: number) {
  const user = (index: number) => ({ base, token: issuer.tokenFor(`${name}-${index}`) });
  return [user(0), ...Array.from({ length: count - 1 }, (_, index) => user(index + 1))] as const;
}
