/**
 * Loads the bundle of a function, as Lambda does before the first invocation, but with no environment: it stops where it
 * would make its clients, which takes little, and this bench need not know the keys of every function.
 */
import { pathToFileURL } from 'node:url';
import { answerQuestions } from './program.ts';

export interface ColdStartQuestion {
  readonly file: string;
}

export interface ColdStartReply {
  readonly loadMs: number;
  readonly cpuMs: number;
}

answerQuestions(async ({ file }: ColdStartQuestion): Promise<ColdStartReply> => {
  const cpuBefore = process.cpuUsage();
  const beforeMs = performance.now();
  await import(pathToFileURL(file).href).catch(expectMissingEnvironment);
  const loadMs = performance.now() - beforeMs;
  const { user, system } = process.cpuUsage(cpuBefore);
  return { loadMs, cpuMs: (user + system) / 1_000 };
});

function expectMissingEnvironment(error: unknown): void {
  if (!(error instanceof Error) || error.name !== 'InvalidEnvironmentError') throw error;
}
