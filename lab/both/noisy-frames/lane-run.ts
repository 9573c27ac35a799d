import { join } from 'node:path';
import { startServerProcess } from '../../shared/peers/server-process.ts';
import { requestToken } from '../../shared/request-token.ts';

/** A whole local run of an assembly, in a process of its own. */
export interface LaneRun {
  /** `ws://…` */
  readonly url: string;
  /** A token of a user, that allows everything. */
  tokenFor(subject: string): Promise<string>;
  stop(): Promise<void>;
}

/** It lets its tasks drain at the end. */
const PATIENCE = { startMs: 120_000, stopMs: 60_000 };

export async function startLaneRun(assemblyDir: string): Promise<LaneRun> {
  const program = join(import.meta.dirname, '../../../packages/assembly-local/main.ts');
  const run = startServerProcess(process.execPath, [program, '--json', '--tasks', '1', '--app', assemblyDir], PATIENCE);
  try {
    const { websocket = '', endpoint } = JSON.parse(await run.firstLine()) as Readonly<Record<string, string>>;
    return { url: websocket, tokenFor: (subject) => requestToken(`${endpoint}/issuer/token`, subject), stop: run.stop };
  } catch (error) {
    await run.stop();
    throw error;
  }
}
