import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { AwsError } from '../endpoint/aws-error.ts';
import type { Log } from '../log.ts';
import type { Queue } from '../queues/queue.ts';
import type { Queues } from '../queues/queues.ts';
import type { InvokeOutcome } from './instance.ts';
import type { LambdaFunction } from './lambda-function.ts';
import type { FunctionError } from './protocol.ts';

/** AWS waits 1 min and 2 min before it tries an asynchronous invocation again, which is too long to watch. */
const RETRY_DELAYS_MS = [1000, 2000];

/** What happens to an asynchronous invocation that keeps failing. */
export interface AsyncSettings {
  /** 0 to 2. */
  readonly maxRetries: number;
  /** Queue of the function's `DeadLetterConfig`: gets the event itself. */
  readonly deadLetterArn?: string | undefined;
  /** Queue of the `OnFailure` destination: gets a record of the invocation. */
  readonly onFailureArn?: string | undefined;
}

export interface FunctionsOptions {
  readonly functions: readonly LambdaFunction[];
  readonly asyncSettings: ReadonlyMap<string, AsyncSettings>;
  readonly queues: Queues;
  readonly log: Log;
}

/** All functions, by name or ARN. */
export class Functions {
  readonly #options: FunctionsOptions;
  readonly #byName: ReadonlyMap<string, LambdaFunction>;
  readonly #ending = new AbortController();

  constructor(options: FunctionsOptions) {
    this.#options = options;
    this.#byName = new Map(options.functions.map((fn) => [fn.name, fn]));
  }

  /**
   * @param reference a name, a partial ARN or an ARN, with or without the qualifier `$LATEST` or the name of
   * an alias
   * @throws AwsError `ResourceNotFoundException`
   */
  find(reference: string): LambdaFunction {
    const found = this.tryFind(reference);
    if (found !== undefined) return found;
    throw new AwsError('ResourceNotFoundException', `Function not found: ${reference}`, { status: 404 });
  }

  /** Like {@link find}, but undefined if there is no such function. */
  tryFind(reference: string): LambdaFunction | undefined {
    const parts = reference.split(':');
    const at = parts.indexOf('function');
    const [name = '', qualifier = '$LATEST'] = parts.slice(at + 1);
    const found = this.#byName.get(name);
    return found?.has(qualifier) === true ? found : undefined;
  }

  names(): readonly string[] {
    return [...this.#byName.keys()];
  }

  /**
   * Invokes in the background and tries again if the function fails. What keeps failing goes where the
   * function's settings say.
   */
  invokeAsync(fn: LambdaFunction, payload: string): void {
    void this.#invokeWithRetries(fn, payload);
  }

  /** Stops everything; resolves when the processes of all functions have ended. */
  async close(): Promise<void> {
    this.#ending.abort();
    await Promise.all([...this.#byName.values()].map((fn) => fn.close()));
  }

  async #invokeWithRetries(fn: LambdaFunction, payload: string): Promise<void> {
    const settings = this.#options.asyncSettings.get(fn.name) ?? { maxRetries: 2 };
    const requestId = randomUUID();
    for (let attempt = 0; !this.#ending.signal.aborted; attempt++) {
      const outcome: InvokeOutcome = await fn.invoke(payload, requestId);
      if (outcome.kind === 'result' || this.#ending.signal.aborted) return;
      if (attempt === settings.maxRetries) {
        this.#putAside(fn, settings, { requestId, payload, attempts: attempt + 1, error: outcome.error });
        return;
      }
      try {
        await sleep(RETRY_DELAYS_MS[attempt], undefined, { signal: this.#ending.signal });
      } catch {
        return; // The run has ended.
      }
    }
  }

  #putAside(fn: LambdaFunction, settings: AsyncSettings, failed: FailedInvocation): void {
    const { log } = this.#options;
    log.notice(fn.name, `gave up an event after ${failed.attempts} attempts: ${failed.error.errorType}: ${failed.error.errorMessage}`);
    const text = (StringValue: string) => ({ DataType: 'String', StringValue });
    if (settings.deadLetterArn !== undefined) {
      const attributes = { RequestID: text(failed.requestId), ErrorCode: text('200'), ErrorMessage: text(failed.error.errorMessage) };
      this.#sendTo(fn, settings.deadLetterArn)?.send(failed.payload, { attributes });
    }
    if (settings.onFailureArn !== undefined) this.#sendTo(fn, settings.onFailureArn)?.send(failureRecord(fn, failed));
  }

  /** The queue, if the function's role may send to it; otherwise Lambda drops the failed invocation. */
  #sendTo(fn: LambdaFunction, queueArn: string): Queue | undefined {
    return fn.allows({ action: 'sqs:SendMessage', resource: queueArn }) ? this.#options.queues.byArn(queueArn) : undefined;
  }
}

interface FailedInvocation {
  readonly requestId: string;
  readonly payload: string;
  readonly attempts: number;
  readonly error: FunctionError;
}

function failureRecord(fn: LambdaFunction, { requestId, payload, attempts, error }: FailedInvocation): string {
  return JSON.stringify({
    version: '1.0',
    timestamp: new Date().toISOString(),
    requestContext: {
      requestId,
      functionArn: `${fn.arn}:$LATEST`,
      condition: 'RetriesExhausted',
      approximateInvokeCount: attempts,
    },
    requestPayload: JSON.parse(payload),
    responseContext: { statusCode: 200, executedVersion: '$LATEST', functionError: 'Unhandled' },
    responsePayload: error,
  });
}
