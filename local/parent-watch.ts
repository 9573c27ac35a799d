const INTERVAL_MS = 500;

/**
 * Calls back when the process that started this one is gone: an npm that is killed outright tells nobody. The start
 * script says `exec`, so that npm is that process: a shell in between would keep signals to itself.
 */
export function onParentGone(callback: () => void): void {
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    callback();
  }, INTERVAL_MS);
  timer.unref();
}
