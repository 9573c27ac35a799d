import type { ChildProcess } from 'node:child_process';

/**
 * Waits until a child process that was started `detached`, and so leads a process group, has ended and closed its output. When the
 * signal aborts first, it is killed with whatever it has started, since not all end by SIGTERM; no process is left then.
 * @returns its exit code; rejects with the signal's reason, or when it could not be started
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
