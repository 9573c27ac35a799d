import { readFile } from 'node:fs/promises';
import { childrenOf, cpuSeconds } from '../../sse/measure/usage.ts';

/** The processes whose CPU time counts: the SSE task, or the instances of the WebSocket lane's functions. */
export type LaneName = 'sse' | 'websocket';

/** Seconds on a core by process. */
export type CpuReading = ReadonlyMap<number, number>;

/**
 * What the processes of a lane have used so far. Those of the other lane get every event too and are not counted, nor is the publish
 * function, which both lanes share, nor what stands for AWS.
 *
 * @param runPid the local run, whose children they are
 */
export async function readCpu(runPid: number, lane: LaneName): Promise<CpuReading> {
  const reading = new Map<number, number>();
  for (const pid of await childrenOf(runPid)) {
    const functionName = await functionNameOf(pid);
    const isOfLane = lane === 'sse' ? functionName === undefined : functionName?.includes('Websocket') === true;
    if (isOfLane) reading.set(pid, await cpuSeconds([pid]));
  }
  return reading;
}

/** Those that have started since count from their start. */
export function usedSeconds(before: CpuReading, after: CpuReading): number {
  return [...after].reduce((sum, [pid, seconds]) => sum + seconds - (before.get(pid) ?? 0), 0);
}

/** Undefined for a process that runs no function. */
async function functionNameOf(pid: number): Promise<string | undefined> {
  const environment = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '');
  return /(?:^|\0)AWS_LAMBDA_FUNCTION_NAME=([^\0]*)/.exec(environment)?.[1];
}
