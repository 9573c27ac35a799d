import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { createLog } from '../../../packages/assembly-local/log.ts';
import { outputOf } from '../../../packages/assembly-local/outputs.ts';
import type { Queue } from '../../../packages/assembly-local/queues/queue.ts';
import { type LocalRun, type LocalRunOptions, startLocalRun } from '../../../packages/assembly-local/run.ts';
import type { PublishResponse } from '../../../packages/protocol/index.ts';
import { useToken } from './clients.ts';
import { accessReportDir, assemblyDir } from './run.ts';

export interface InProcessRun {
  readonly run: LocalRun;
  /** What functions, tasks and the run itself have said so far, a line each. */
  readonly lines: readonly string[];
}

/** Runs the app inside of this process, so that a test reaches its queues and faults. */
export async function startInProcess(options: Partial<LocalRunOptions> = {}): Promise<InProcessRun> {
  const lines: string[] = [];
  const log = createLog({ verbose: true, write: (text) => lines.push(text) });
  const run = await startLocalRun({ assemblyDir: assemblyDir(), accessReportDir: accessReportDir(), tasks: 2, log, ...options });
  useToken(run.token);
  return { run, lines };
}

/** For SDK clients of the local endpoint, as an administrator. */
export function clientSettings(endpoint: string) {
  return { endpoint, region: 'us-east-1', credentials: { accessKeyId: 'test', secretAccessKey: 'test' } };
}

/** Publishes as a backend does, by the publish function: no fault of a lane meets it. Answers the id. */
export async function publishByFunction(run: LocalRun, channel: string, data: string, key?: string): Promise<string> {
  return ((await invokePublish(run, { channel, data, key })) as PublishResponse).id;
}

/** Invokes the publish function, and answers what it answers. Rejects if it fails, with what it says. */
export async function invokePublish(run: LocalRun, publication: object): Promise<unknown> {
  const FunctionName = outputOf(run, 'PublishFunctionName');
  const client = new LambdaClient(clientSettings(run.urls.endpoint));
  try {
    const { FunctionError, Payload } = await client.send(new InvokeCommand({ FunctionName, Payload: JSON.stringify(publication) }));
    const answer = Payload?.transformToString() ?? '';
    if (FunctionError !== undefined) throw new Error(`${FunctionError}: ${answer}`);
    return JSON.parse(answer);
  } finally {
    client.destroy();
  }
}

/** The queue whose name has this part. */
export function queueNamed({ queues }: LocalRun, part: string): Queue {
  const queue = queues.list().find(({ name }) => name.includes(part));
  if (queue === undefined) throw new Error(`there is no queue ${part}`);
  return queue;
}

/** The sum of a metric over all lines in the embedded metric format. */
export function metricTotal(lines: readonly string[], name: string): number {
  return lines
    .filter((line) => line.includes('"_aws"') && line.includes(`"${name}":`))
    .reduce((total, line) => total + Number(new RegExp(`"${name}":(\\d+)`).exec(line)?.[1] ?? 0), 0);
}
