import { setTimeout as sleep } from 'node:timers/promises';
import type { Target } from './target.ts';

/** One part of the scenario. */
export interface Step<T extends Target = Target> {
  readonly name: string;
  /** The steps after it make no sense if it fails, and are not exercised then. @default false */
  readonly isPrecondition?: boolean;
  /** Why it cannot be done against this deployment; undefined if it can. @default - it always can */
  obstacle?(target: T): string | undefined;
  /** @returns what was seen, in numbers; rejects if it is not what was promised */
  run(target: T): Promise<string>;
}

/** How a step ended. */
export type Outcome = { readonly name: string; readonly seconds: number } & (
  | { readonly kind: 'ok'; readonly seen: string }
  | { readonly kind: 'failed'; readonly error: ScenarioError }
  | { readonly kind: 'not exercised'; readonly reason: string }
);

/** What was deployed does not do what it promises. */
export class ScenarioError extends Error {
  override readonly name = 'ScenarioError';
}

/**
 * Uses what was deployed, one step after the other; only a precondition that fails keeps the next from running.
 * Throws the signal's reason when it aborts.
 */
export async function* runSteps<T extends Target>(
  steps: readonly Step<T>[],
  target: T,
  signal: AbortSignal,
): AsyncGenerator<Outcome, void, undefined> {
  const aborted = new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }));
  // Nobody waits for it between two steps.
  aborted.catch(() => undefined);
  let broken: string | undefined;
  for (const step of steps) {
    signal.throwIfAborted();
    if (broken !== undefined) {
      yield { name: step.name, seconds: 0, kind: 'not exercised', reason: `this failed: ${broken}` };
      continue;
    }
    const startedMs = performance.now();
    const running = outcomeOf(step, target);
    // The step that is cut short fails later, when what it talks to is gone.
    const outcome = await Promise.race([running, aborted]);
    if (outcome.kind === 'failed' && step.isPrecondition === true) broken = step.name;
    yield { name: step.name, seconds: (performance.now() - startedMs) / 1_000, ...outcome };
  }
}

async function outcomeOf<T extends Target>(step: Step<T>, target: T) {
  const reason = step.obstacle?.(target);
  if (reason !== undefined) return { kind: 'not exercised', reason } as const;
  const limit = new AbortController();
  try {
    return { kind: 'ok', seen: await Promise.race([step.run(target), tooLong(limit.signal)]) } as const;
  } catch (cause) {
    // Its message is in ours already.
    const error = new ScenarioError(`${step.name}: ${cause instanceof Error ? cause.message : cause}`);
    if (cause instanceof Error && cause.stack !== undefined) error.stack = cause.stack;
    return { kind: 'failed', error } as const;
  } finally {
    limit.abort();
  }
}

/** A client publishes again and again until somebody answers. @throws ScenarioError after {@link STEP_LIMIT_MS}, or when the signal aborts */
async function tooLong(signal: AbortSignal): Promise<never> {
  await sleep(STEP_LIMIT_MS, undefined, { signal, ref: false }).catch(() => undefined);
  throw new ScenarioError(`not done within ${STEP_LIMIT_MS / 1_000} s`);
}

/** @throws ScenarioError */
export function check(holds: boolean, otherwise: string): asserts holds {
  if (!holds) throw new ScenarioError(otherwise);
}

/** Functions start cold, and an emulator polls its queues and rules: seconds for what usually takes milliseconds. */
const PATIENCE_MS = 30_000;

const POLL_MS = 50;

const STEP_LIMIT_MS = 180_000;

/** Polls until it holds. @throws ScenarioError when it does not in time */
export async function waitFor(holds: () => boolean | Promise<boolean>, otherwise: () => string): Promise<void> {
  const deadlineMs = Date.now() + PATIENCE_MS;
  while (!(await holds())) {
    check(Date.now() < deadlineMs, `${otherwise()}, after ${PATIENCE_MS / 1_000} s`);
    await sleep(POLL_MS);
  }
}
