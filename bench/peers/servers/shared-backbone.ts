import { BroadcastChannel, threadId } from 'node:worker_threads';
import type { EventBus, EventLog } from '../../../backbone/ports.ts';

/** What a server needs of the backbone. */
export interface Backbone {
  readonly log: EventLog;
  readonly bus: EventBus;
}

interface Question {
  readonly thread: number;
  readonly id: number;
  readonly part: keyof Backbone;
  readonly method: string;
  readonly args: readonly unknown[];
}

interface Answer extends Pick<Question, 'thread' | 'id'> {
  readonly result?: unknown;
  readonly error?: unknown;
}

type Methods = Readonly<Record<string, (...args: readonly unknown[]) => Promise<unknown>>>;

/** Heard by every thread of the process, so an answer names the one that it is for. */
const QUESTIONS = 'bench.backbone.questions';
const ANSWERS = 'bench.backbone.answers';

/** Answers the threads of this process that use {@link remoteBackbone}. */
export function shareBackbone(backbone: Backbone): void {
  const answers = new BroadcastChannel(ANSWERS);
  new BroadcastChannel(QUESTIONS).onmessage = async ({ data }) => {
    const { thread, id, part, method, args } = data as Question;
    try {
      const result = await (backbone[part] as unknown as Methods)[method]?.(...args);
      answers.postMessage({ thread, id, result } satisfies Answer);
    } catch (error) {
      answers.postMessage({ thread, id, error } satisfies Answer);
    }
  };
}

/** The backbone of the main thread, for another thread of the process: DynamoDB and SNS are not in the process of a task either. */
export function remoteBackbone(): Backbone {
  const open = new Map<number, PromiseWithResolvers<unknown>>();
  const questions = new BroadcastChannel(QUESTIONS);
  let asked = 0;
  new BroadcastChannel(ANSWERS).onmessage = ({ data }) => {
    const { thread, id, result, error } = data as Answer;
    if (thread !== threadId) return;
    const question = open.get(id);
    open.delete(id);
    if (error === undefined) question?.resolve(result);
    else question?.reject(error);
  };
  const remote = (part: keyof Backbone) =>
    new Proxy({} as Methods, {
      get:
        (_target, method) =>
        (...args: readonly unknown[]) => {
          const question = Promise.withResolvers<unknown>();
          open.set(++asked, question);
          questions.postMessage({ thread: threadId, id: asked, part, method: String(method), args } satisfies Question);
          return question.promise;
        },
    });
  return { log: remote('log') as unknown as EventLog, bus: remote('bus') as unknown as EventBus };
}
