import type { ChildProcess } from 'node:child_process';

/**
 * Waits until a child process has ended and closed its output. It must have been started `detached`, so that
 * it leads a process group. If the signal aborts first, the whole group is killed, since not everything ends
 * on SIGTERM; no process is left then.
 * @returns its exit code; rejects with the signal's reason, or if the process could not be started
 */
export async function untilClosed(child: ChildProcess, signal: AbortSignal): Promise<number | null> {
  const kill = () => {
    if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, 'SIGKILL');
  };
  signal.addEventListener('abort', kill, { once: true });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  signal.removeEventListener('abort', kill);
  signal.throwIfAborted();
  return code;
}
