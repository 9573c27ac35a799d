/**
 * The inside of a function instance: loads the bundle that the template names and runs its handler, one
 * invocation at a time. It ends with the process that started it, however that one ends.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { FunctionError, InstanceMessage, InvokeMessage } from './protocol.ts';

type Handler = (event: unknown, context: object) => unknown;

const env = process.env;

process.on('disconnect', () => process.exit(0));
// Ctrl-C reaches the whole process group; the local run decides when its instances end.
process.on('SIGINT', () => undefined);

function send(message: InstanceMessage): void {
  process.send?.(message);
}

function toFunctionError(error: unknown): FunctionError {
  if (!(error instanceof Error)) return { errorType: typeof error, errorMessage: String(error), trace: [] };
  return { errorType: error.name, errorMessage: error.message, trace: error.stack?.split('\n') ?? [] };
}

async function loadHandler(): Promise<Handler> {
  const [file = '', name = ''] = (env['_HANDLER'] ?? '').split('.');
  const root = env['LAMBDA_TASK_ROOT'] ?? '';
  const path = ['.mjs', '.js', '.cjs'].map((extension) => join(root, `${file}${extension}`)).find((candidate) => existsSync(candidate));
  if (path === undefined) throw new Error(`Cannot find module '${file}' in ${root}`);
  const module = (await import(pathToFileURL(path).href)) as Record<string, unknown>;
  const handler = module[name];
  if (typeof handler !== 'function') throw new Error(`${env['_HANDLER']} is undefined or not exported`);
  return handler as Handler;
}

async function invoke(handler: Handler, { requestId, payload, functionArn, deadlineMs }: InvokeMessage): Promise<void> {
  const context = {
    awsRequestId: requestId,
    functionName: env['AWS_LAMBDA_FUNCTION_NAME'],
    functionVersion: '$LATEST',
    invokedFunctionArn: functionArn,
    memoryLimitInMB: env['AWS_LAMBDA_FUNCTION_MEMORY_SIZE'],
    logGroupName: env['AWS_LAMBDA_LOG_GROUP_NAME'],
    logStreamName: env['AWS_LAMBDA_LOG_STREAM_NAME'],
    getRemainingTimeInMillis: () => Math.max(0, deadlineMs - Date.now()),
  };
  try {
    const result = await handler(JSON.parse(payload), context);
    send({ kind: 'result', requestId, payload: JSON.stringify(result) ?? 'null' });
  } catch (error) {
    const functionError = toFunctionError(error);
    console.error(`${requestId} ERROR Invoke Error ${JSON.stringify(functionError)}`);
    send({ kind: 'error', requestId, error: functionError });
  }
}

try {
  const handler = await loadHandler();
  process.on('message', (message) => void invoke(handler, message as InvokeMessage));
  send({ kind: 'ready' });
} catch (error) {
  send({ kind: 'initError', error: toFunctionError(error) });
}
