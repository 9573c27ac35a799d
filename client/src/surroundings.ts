/**
 * What happens around the connection and concerns all of it: `online` (the network is back), `visible` (the page is looked
 * at again, or the user asks to go on) and `switch` (the application chose another transport).
 */
export type Surroundings = EventTarget;

/** Watches the browser for as long as `signal` is not aborted. Node has neither a page nor an idea of being offline. */
export function watchSurroundings(signal: AbortSignal): Surroundings {
  const surroundings = new EventTarget();
  const scope = globalThis as { addEventListener?: EventTarget['addEventListener']; document?: Document };
  scope.addEventListener?.('online', () => surroundings.dispatchEvent(new Event('online')), { signal });
  scope.document?.addEventListener(
    'visibilitychange',
    () => {
      if (document.visibilityState === 'visible') surroundings.dispatchEvent(new Event('visible'));
    },
    { signal },
  );
  return surroundings;
}

export function isOffline(): boolean {
  return globalThis.navigator?.onLine === false;
}
