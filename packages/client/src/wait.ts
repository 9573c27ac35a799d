import type { Emitter } from './emitter.ts';
import { LanesError } from './errors.ts';

/** 24.8 days: timers fire at once when they are set to more. */
const LONGEST_MS = 2 ** 31 - 1;

export type Timer = ReturnType<typeof setTimeout> | undefined;

/**
 * Calls `act` after `ms`, or after 24.8 days if that is sooner; never if `ms` is infinite. Every delay of the client
 * passes here.
 * @returns what `clearTimeout` takes
 */
export function startTimer(ms: number, act: () => void): Timer {
  return ms < Number.POSITIVE_INFINITY ? setTimeout(act, Math.max(0, Math.min(ms, LONGEST_MS))) : undefined;
}

/** Calls `act` when `signal` is aborted, at once if it is already, unless `over` is aborted first. */
export function onAbort(signal: AbortSignal | undefined, act: () => void, over: AbortSignal): void {
  if (signal?.aborted) act();
  else signal?.addEventListener('abort', act, { signal: over });
}

/**
 * Resolves after `ms`, or as soon as `emitter` emits one of the events, with that event. Rejects with the reason of
 * `signal` if it is aborted. Leaves no timer and no listener.
 */
export async function wait(
  ms: number,
  signal: AbortSignal,
  emitter?: Emitter,
  events: readonly string[] = [],
): Promise<string | undefined> {
  const over = new AbortController();
  let timer: Timer;
  let remove: (() => void) | undefined;
  try {
    return await new Promise<string | undefined>((resolve, reject) => {
      timer = startTimer(ms, () => resolve(undefined));
      remove = emitter?.on((event) => events.includes(event) && resolve(event));
      onAbort(signal, () => reject(signal.reason), over.signal);
    });
  } finally {
    clearTimeout(timer);
    remove?.();
    over.abort();
  }
}

/** What must happen within `ms`, and the code and detail of the error if it does not. */
export type Limit = readonly [ms: number, code: string, detail: string];

/** A signal that aborts with any of its parents, or when something expected does not happen in time. */
export interface Guard {
  readonly signal: AbortSignal;
  /** Expects something from now on, instead of what was expected before: call it again when it has happened. */
  expect(...limit: Limit): void;
  /** The promise, which may never settle; rejects when the signal aborts first. */
  race<T>(promise: Promise<T>): Promise<T>;
  /** Aborts what is still in progress, and leaves no timer and no listener. */
  release(): void;
}

export function guard(...parents: readonly (AbortSignal | undefined)[]): Guard {
  const controller = new AbortController();
  const over = new AbortController();
  const { signal } = controller;
  let timer: Timer;
  for (const parent of parents) onAbort(parent, () => controller.abort(parent?.reason), over.signal);
  return {
    signal,
    expect(ms, code, detail) {
      clearTimeout(timer);
      timer = startTimer(ms, () => controller.abort(new LanesError(code, `${detail} in ${ms} ms`)));
    },
    race: (promise) => Promise.race([promise, wait(Number.POSITIVE_INFINITY, signal) as Promise<never>]),
    release() {
      clearTimeout(timer);
      over.abort();
      controller.abort();
    },
  };
}
