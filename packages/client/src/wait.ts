import { LanesError } from './errors.ts';

/**
 * Resolves after `ms`, or as soon as `target` dispatches an event of one of the types, with that type.
 * Rejects with the reason of `signal` if it is aborted. Leaves no timer and no listener.
 */
export async function wait(
  ms: number,
  signal: AbortSignal,
  target?: EventTarget,
  types: readonly string[] = [],
): Promise<string | undefined> {
  signal.throwIfAborted();
  const over = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  try {
    return await new Promise<string | undefined>((resolve, reject) => {
      if (ms < Number.POSITIVE_INFINITY) timer = setTimeout(() => resolve(undefined), Math.max(0, ms));
      for (const type of types) target?.addEventListener(type, () => resolve(type), { signal: over.signal });
      signal.addEventListener('abort', () => reject(signal.reason), { signal: over.signal });
    });
  } finally {
    clearTimeout(timer);
    over.abort();
  }
}

/** A signal that aborts with any of its parents, or when something expected does not happen in time. */
export interface Guard {
  readonly signal: AbortSignal;
  /** Expects something within `ms` from now: call it again when it has happened. */
  expect(ms: number, code: string, detail: string): void;
  /** Aborts what is still in progress, and leaves no timer and no listener. */
  release(): void;
}

export function guard(...parents: readonly (AbortSignal | undefined)[]): Guard {
  const controller = new AbortController();
  const over = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  for (const parent of parents) {
    const follow = () => controller.abort(parent?.reason);
    if (parent?.aborted) follow();
    else parent?.addEventListener('abort', follow, { signal: over.signal });
  }
  return {
    signal: controller.signal,
    expect(ms, code, detail) {
      clearTimeout(timer);
      timer = setTimeout(() => controller.abort(new LanesError(code, `${detail} in ${ms} ms`)), ms);
    },
    release() {
      clearTimeout(timer);
      over.abort();
      controller.abort();
    },
  };
}
