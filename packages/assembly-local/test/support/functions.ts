import { join } from 'node:path';
import { LambdaFunction } from '../../functions/lambda-function.ts';
import { testLog } from './log.ts';

/** A function with one of the handlers of `fixtures/functions/index.mjs`. */
export function testFunction(
  handler: string,
  options: { timeoutMs?: number; reservedConcurrency?: number; handlerFile?: string; aliases?: readonly string[] } = {},
) {
  const directory = join(import.meta.dirname, '../fixtures/functions');
  const { log, lines } = testLog();
  const fn = new LambdaFunction({
    name: handler,
    arn: `arn:aws:lambda:us-east-1:000000000000:function:${handler}`,
    directory,
    aliases: options.aliases,
    policy: [],
    allowed: () => true,
    timeoutMs: options.timeoutMs ?? 10_000,
    reservedConcurrency: options.reservedConcurrency,
    env: () => ({
      LAMBDA_TASK_ROOT: directory,
      _HANDLER: `${options.handlerFile ?? 'index'}.${handler}`,
      AWS_LAMBDA_FUNCTION_NAME: handler,
    }),
    log,
  });
  return { fn, lines };
}

/** The payload of a successful invocation. */
export async function result(fn: LambdaFunction, payload: unknown = {}): Promise<unknown> {
  const outcome = await fn.invoke(JSON.stringify(payload));
  if (outcome.kind === 'error') throw new Error(`${outcome.error.errorType}: ${outcome.error.errorMessage}`);
  return JSON.parse(outcome.payload);
}
