import { readdirSync, readFileSync } from 'node:fs';

/**
 * Kills a process and all that have come of it, each by its id: tests start processes in groups of their own, which outlive the
 * group of whoever has started them. Each is stopped before its children are looked for, so that it cannot start another one.
 */
export function killTree(pid: number): void {
  const pids = [pid];
  for (const each of pids) {
    signal(each, 'SIGSTOP');
    pids.push(...childrenOf(each));
  }
  for (const each of pids.reverse()) signal(each, 'SIGKILL');
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It has ended by itself.
  }
}

/** By /proc: only Linux has it, as it alone has taskset. */
function childrenOf(pid: number): readonly number[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.filter((each) => parentOf(each) === pid).map(Number);
}

function parentOf(pid: string): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name of the program comes before, in parentheses, and may hold any character.
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
  } catch {
    return undefined;
  }
}
