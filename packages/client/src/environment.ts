import type { Emitter } from './emitter.ts';

/**
 * Emits events outside a connection that affect all of it: `online` (the network is back), `visible` (the page is
 * visible again, or the user asks to retry) and `switch` (the application chose another transport).
 */
export type Environment = Emitter;

/** Watches the browser until `signal` is aborted. Node has neither a page nor an offline state. */
export function watchEnvironment(environment: Environment, signal: AbortSignal): void {
  const scope = globalThis as { addEventListener?: EventTarget['addEventListener']; document?: Document };
  scope.addEventListener?.('online', () => environment.emit('online'), { signal });
  scope.document?.addEventListener(
    'visibilitychange',
    () => {
      if (document.visibilityState === 'visible') environment.emit('visible');
    },
    { signal },
  );
}

export function isOffline(): boolean {
  return globalThis.navigator?.onLine === false;
}
