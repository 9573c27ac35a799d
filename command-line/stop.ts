/** The exit code after Ctrl-C: 128 plus the number of SIGINT, as in shells. */
export const INTERRUPTED = 130;

/** One Ctrl-C arrives twice: from the terminal, and forwarded by npm. */
const ECHO_MS = 500;

const PARENT_CHECK_MS = 500;

/**
 * Aborts at the first Ctrl-C, SIGTERM or SIGHUP, and when npm is gone. A second signal ends the process at
 * once.
 */
export function stopSignal(): AbortSignal {
  const stopping = new AbortController();
  let firstMs = Number.POSITIVE_INFINITY;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      // A user who presses it again does not want to wait.
      if (performance.now() - firstMs > ECHO_MS) process.exit(INTERRUPTED);
      firstMs = Math.min(firstMs, performance.now());
      stopping.abort();
    });
  }
  // A command started by hand in the background may outlive its shell; started by npm, it must not outlive
  // npm.
  if (process.env['npm_lifecycle_event'] !== undefined) onParentGone(() => stopping.abort());
  return stopping.signal;
}

/**
 * An npm that is killed with SIGKILL cannot tell anybody. The scripts of package.json use `exec`, so that npm
 * is the parent: a shell in between would not forward signals.
 */
export function onParentGone(callback: () => void): void {
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    callback();
  }, PARENT_CHECK_MS);
  timer.unref();
}
