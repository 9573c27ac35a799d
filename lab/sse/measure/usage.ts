import { readdir, readFile } from 'node:fs/promises';
import { bytesOf } from '../../shared/proc-status.ts';

/** What processes have used, as Linux counts it. */
export interface MemoryUse {
  /**
   * Proportional set size: what is resident, with pages that several processes share divided among them. For one process
   * that shares nothing it is the resident set.
   */
  readonly pssBytes: number;
  /** Kernel objects of the whole machine: sockets and their file entries, at both ends where both are here. */
  readonly slabBytes: number;
}

/** Seconds on a core since the processes began, all their threads together. To the nanosecond, where /proc/<pid>/stat has ticks of 10 ms. */
export async function cpuSeconds(pids: readonly number[]): Promise<number> {
  const perProcess = await Promise.all(pids.map(cpuSecondsOf));
  return perProcess.reduce((sum, seconds) => sum + seconds, 0);
}

async function cpuSecondsOf(pid: number): Promise<number> {
  const folder = `/proc/${pid}/task`;
  const threads = await readdir(folder).catch(gone([]));
  const perThread = await Promise.all(threads.map((thread) => readFile(`${folder}/${thread}/schedstat`, 'utf8').catch(gone(''))));
  return perThread.reduce((sum, line) => sum + Number(line.split(' ')[0] ?? 0) / 1e9, 0);
}

export async function memoryUse(pids: readonly number[]): Promise<MemoryUse> {
  const rollups = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/smaps_rollup`, 'utf8').catch(gone(''))));
  return {
    pssBytes: rollups.reduce((sum, text) => sum + bytesOf(text, 'Pss'), 0),
    slabBytes: bytesOf(await readFile('/proc/meminfo', 'utf8'), 'Slab'),
  };
}

/** The processes that a process has started and that have not ended. */
export async function childrenOf(pid: number): Promise<readonly number[]> {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(gone(''));
  return text.split(' ').filter(Boolean).map(Number);
}

/** A process may end between two looks at it. */
function gone<Value>(value: Value): (error: NodeJS.ErrnoException) => Value {
  return (error) => {
    if (error.code === 'ENOENT' || error.code === 'ESRCH') return value;
    throw error;
  };
}
