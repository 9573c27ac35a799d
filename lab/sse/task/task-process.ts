import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { startServerProcess } from '../../shared/peers/server-process.ts';
import { createIssuer } from '../peers/servers/issuer.ts';
import { listenOnLoopback } from '../peers/servers/publish-endpoint.ts';
import { imageFlags } from './image-flags.ts';
import { onFirstCore } from './pinned.ts';
import type { TaskArguments, TaskCalls, TaskReady } from './protocol.ts';
import type { TaskSettings } from './settings.ts';

const ISSUER_URL = 'http://bench.invalid';
const AUDIENCE = 'bench';

/** Whose tokens the tasks of a bench take. */
export interface TaskIssuer {
  readonly jwksUri: string;
  tokenFor(subject: string): string;
  close(): void;
}

export async function startTaskIssuer(): Promise<TaskIssuer> {
  const { jwks, tokenFor } = await createIssuer(ISSUER_URL, AUDIENCE);
  const server: Server = createServer((_request, response) => response.setHeader('content-type', 'application/json').end(jwks));
  const port = await listenOnLoopback(server);
  return { jwksUri: `http://127.0.0.1:${port}/jwks`, tokenFor, close: () => server.close() };
}

export interface TaskProcess {
  readonly pid: number;
  readonly port: number;
  /** `http://127.0.0.1:…` */
  readonly base: string;
  readonly memoryBytes: number;
  call<Name extends keyof TaskCalls>(name: Name, input: TaskCalls[Name]['input']): Promise<TaskCalls[Name]['output']>;
  stop(): Promise<void>;
}

export interface TaskProcessOptions {
  readonly settings: TaskSettings;
  readonly issuer: TaskIssuer;
  /** Of a call of the log. DynamoDB's own is 2 to 5 ms inside of a region. */
  readonly logLatencyMs: number;
}

/** Starts a task on the first core, where the machine has several, with the heap that Node takes in a container of the task's size. */
export async function startTask({ settings, issuer, logLatencyMs }: TaskProcessOptions): Promise<TaskProcess> {
  const args: TaskArguments = {
    settings,
    issuer: { url: ISSUER_URL, audience: AUDIENCE, jwksUri: issuer.jwksUri },
    logLatencyMs,
  };
  // V8 takes half of the memory that it finds, up to 15 GB of it: what a container is given is what it finds.
  const heap = `--max-old-space-size=${Math.floor(settings.memoryBytes / 2 / 1024 / 1024)}`;
  const program = join(import.meta.dirname, 'task-program.ts');
  const [command, commandArgs] = onFirstCore(process.execPath, [...imageFlags(), heap, program, JSON.stringify(args)]);
  const server = startServerProcess(command, commandArgs);
  try {
    const { port, controlPort } = JSON.parse(await server.firstLine()) as TaskReady;
    return {
      pid: server.pid,
      port,
      base: `http://127.0.0.1:${port}`,
      memoryBytes: settings.memoryBytes,
      call: async (name, input) => {
        const response = await fetch(`http://127.0.0.1:${controlPort}/${name}`, { method: 'POST', body: JSON.stringify(input) });
        return response.json() as never;
      },
      stop: () => server.stop(),
    };
  } catch (error) {
    await server.stop();
    throw error;
  }
}
