import type { MessagePort, Worker } from 'node:worker_threads';

/** What a thread may be asked: by name, one argument, one result. Both are cloned on the way. */
export type Calls<Name extends string = string> = { readonly [Key in Name]: (argument: never) => unknown };

interface Call {
  readonly id: number;
  readonly name: string;
  readonly argument: unknown;
}

interface Answer {
  readonly id: number;
  readonly result?: unknown;
  readonly error?: unknown;
}

/** Answers the calls of whoever has started this thread. */
export function answerCalls(port: MessagePort, calls: Calls): void {
  port.on('message', async ({ id, name, argument }: Call) => {
    try {
      port.postMessage({ id, result: await calls[name]?.(argument as never) } satisfies Answer);
    } catch (error) {
      port.postMessage({ id, error } satisfies Answer);
    }
  });
}

/** Calls a thread. */
export class Caller<T extends Calls> {
  readonly #thread: Worker;
  readonly #open = new Map<number, PromiseWithResolvers<unknown>>();
  #calls = 0;

  constructor(thread: Worker) {
    this.#thread = thread;
    thread.on('message', ({ id, result, error }: Answer) => {
      const call = this.#open.get(id);
      this.#open.delete(id);
      if (error === undefined) call?.resolve(result);
      else call?.reject(error);
    });
  }

  /** Rejects with what the thread has thrown. Never settles when the thread has ended. */
  call<Name extends keyof T & string>(name: Name, argument: Parameters<T[Name]>[0]): Promise<Awaited<ReturnType<T[Name]>>> {
    const id = ++this.#calls;
    const call = Promise.withResolvers<unknown>();
    this.#open.set(id, call);
    this.#thread.postMessage({ id, name, argument } satisfies Call);
    return call.promise as Promise<Awaited<ReturnType<T[Name]>>>;
  }
}
