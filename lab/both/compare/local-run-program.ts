/** A whole local run of the assembly that its argument names, in a process of its own. Prints a line of JSON when it is ready. */
import { onParentGone, stopSignal } from '../../../command-line/stop.ts';
import { createLog } from '../../../packages/assembly-local/log.ts';
import { outputOf } from '../../../packages/assembly-local/outputs.ts';
import { startLocalRun } from '../../../packages/assembly-local/run.ts';
import type { ReadyLine } from './local-run.ts';

const signal = stopSignal();
const parentGone = new Promise<void>((resolve) => onParentGone(resolve));
const stopped = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));

const run = await startLocalRun({ assemblyDir: process.argv[2] ?? '', tasks: 1, log: createLog({ verbose: false }) });
const ready: ReadyLine = {
  https: run.urls.https,
  websocket: run.urls.websocket,
  endpoint: run.urls.endpoint,
  tokenUrl: run.issuer.tokenUrl,
  publishFunction: outputOf(run, 'PublishFunctionName'),
};
process.stdout.write(`${JSON.stringify(ready)}\n`);
await Promise.race([stopped, parentGone]);
await run.close();
process.exit();
