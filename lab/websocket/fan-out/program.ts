import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

/**
 * A part of the bench in a process of its own, so that its CPU can be told from that of the others. It is asked one
 * question at a time, and ends with this process.
 */
export class Program<Question extends object, Answer> {
  readonly #child: ChildProcess;
  readonly #ended: Promise<never>;

  /** @param file in this folder; it calls {@link answerQuestions} */
  constructor(file: string, options: { readonly env?: Readonly<Record<string, string>>; readonly execArgv?: readonly string[] } = {}) {
    const { env = process.env, execArgv = [] } = options;
    this.#child = fork(join(import.meta.dirname, file), { env: { ...env }, execArgv: [...execArgv], serialization: 'advanced' });
    this.#ended = once(this.#child, 'exit').then(([code, signal]) => Promise.reject(new Error(`${file} ended: ${code ?? signal}`)));
    this.#ended.catch(() => undefined);
  }

  async ask(question: Question): Promise<Answer> {
    const answered = once(this.#child, 'message') as Promise<[Answer]>;
    this.#child.send(question);
    const [answer] = await Promise.race([answered, this.#ended]);
    return answer;
  }

  async stop(): Promise<void> {
    this.#child.kill();
    await this.#ended.catch(() => undefined);
  }
}

/** Makes this process a {@link Program}. What `answer` throws ends it. */
export function answerQuestions<Question, Answer>(answer: (question: Question) => Promise<Answer> | Answer): void {
  process.on('disconnect', () => process.exit(0));
  // Ctrl-C reaches the whole process group: the bench ends its programs itself.
  process.on('SIGINT', () => undefined);
  process.on('message', async (question) => {
    process.send?.(await answer(question as Question));
  });
}
