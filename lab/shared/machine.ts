import { cpus, loadavg, release, totalmem, type } from 'node:os';

/** A process may open 20,000 files on many machines. */
export const STREAMS_PER_PROCESS = 19_000;

/** Where and when figures were measured: without it they mean nothing. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryBytes: number;
  readonly system: string;
  readonly node: string;
  /** RFC 3339. */
  readonly startedAt: string;
  /** Processes that ran or wanted to, averaged over the last minute; more than none means that others worked here too. */
  readonly loadAtStart: number;
}

export function describeMachine(): Machine {
  const processors = cpus();
  return {
    cpu: processors[0]?.model.trim() ?? 'unknown',
    cores: processors.length,
    memoryBytes: totalmem(),
    system: `${type()} ${release()}`,
    node: process.version,
    startedAt: new Date().toISOString(),
    loadAtStart: loadavg()[0] ?? 0,
  };
}

export function machineText({ cpu, cores, memoryBytes, system, node, startedAt, loadAtStart }: Machine): string {
  const gibibytes = Math.round(memoryBytes / 2 ** 30);
  return `${cores} cores of ${cpu}, ${gibibytes} GiB, ${system}, Node ${node}, ${startedAt}, load average ${loadAtStart.toFixed(2)} before the start.`;
}
