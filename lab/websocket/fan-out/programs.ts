import { join } from 'node:path';
import { freePort, LOOPBACK } from '../../../packages/assembly-local/loopback.ts';
import { BuildError, buildC } from '../../shared/peers/c-program.ts';
import { startServerProcess } from '../../shared/peers/server-process.ts';
import { Program } from './program.ts';
import type { StandInQuestion, StandInReply } from './stand-in-program.ts';

/** Runs a measurement, whose programs end with it, or at once with the signal: then a question that is open rejects. */
export async function withPrograms<F>(signal: AbortSignal, measure: (programs: Programs) => Promise<F>): Promise<F> {
  signal.throwIfAborted();
  const programs = new Programs();
  const stop = () => void programs.stop();
  signal.addEventListener('abort', stop);
  try {
    return await measure(programs);
  } finally {
    signal.removeEventListener('abort', stop);
    await programs.stop();
  }
}

/** Programs of one measurement. */
export class Programs {
  readonly #stops: (() => Promise<unknown>)[] = [];

  async stop(): Promise<void> {
    await Promise.all(this.#stops.map((stop) => stop()));
  }

  start<Question extends object, Answer>(...args: ConstructorParameters<typeof Program>): Program<Question, Answer> {
    const program = new Program<Question, Answer>(...args);
    this.#stops.push(() => program.stop());
    return program;
  }

  /** Something that answers every post with 200: in C where there is a compiler, so that it takes the least from the others. */
  async startEndpoint(): Promise<{ readonly name: string; readonly url: string }> {
    try {
      const file = await buildC(
        join(import.meta.dirname, '../../shared/peers/posts-endpoint.c'),
        [],
        'install gcc (Debian: apt-get install gcc libc6-dev)',
      );
      return { name: 'posts-endpoint.c', url: await this.#startServer(file) };
    } catch (error) {
      if (!(error instanceof BuildError)) throw error;
      const standIn = this.start<StandInQuestion, StandInReply>('stand-in-program.ts');
      return { name: `stand-in-program.ts (${error.message})`, url: (await standIn.ask({})).endpoint };
    }
  }

  async #startServer(file: string): Promise<string> {
    const port = await freePort();
    const server = startServerProcess(file, [String(port)]);
    this.#stops.push(() => server.stop());
    await server.listening(port);
    return `http://${LOOPBACK}:${port}/dev`;
  }
}
