import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { startServerProcess } from '../../shared/peers/server-process.ts';
import { requestToken } from '../../shared/request-token.ts';
import { clientSettings } from '../chaos/aws-access.ts';
import { publishByInvocation } from '../chaos/publishers/invoke-lane.ts';
import { startTlsTerminator } from './tls-terminator.ts';

/** What `local-run-program.ts` prints. */
export interface ReadyLine {
  readonly https: string;
  readonly websocket: string;
  readonly endpoint: string;
  readonly tokenUrl: string;
  readonly publishFunction: string;
}

/** A local run in a process of its own, so that clients and servers do not wait for each other's event loop. */
export interface LocalRun {
  /** Its children are the SSE task and the instances of the functions. */
  readonly pid: number;
  /** Where the lanes listen, both with TLS. */
  readonly httpsPort: number;
  readonly wssPort: number;
  /** Of the WebSocket URL. */
  readonly websocketPath: string;
  /** A token of a user, that allows everything. */
  tokenFor(subject: string): Promise<string>;
  /** Publishes as a backend does: by the publish function. Answers the event's id. */
  publish(channel: string, data: string): Promise<string>;
  stop(): Promise<void>;
}

/** It lets its task drain at the end. */
const PATIENCE = { startMs: 120_000, stopMs: 30_000 };

export async function startLocalRun(assemblyDir: string): Promise<LocalRun> {
  const server = startServerProcess(process.execPath, [join(import.meta.dirname, 'local-run-program.ts'), assemblyDir], PATIENCE);
  try {
    const ready = JSON.parse(await server.firstLine()) as ReadyLine;
    const websocket = new URL(ready.websocket);
    const terminator = await startTlsTerminator(Number(websocket.port));
    const backend = new LambdaClient(clientSettings({ endpoint: ready.endpoint, region: 'us-east-1' }));
    return {
      pid: server.pid,
      httpsPort: Number(new URL(ready.https).port),
      wssPort: terminator.port,
      websocketPath: websocket.pathname,
      tokenFor: (subject) => requestToken(ready.tokenUrl, subject),
      publish: (channel, data) => publishByInvocation(backend, ready.publishFunction, { channel, data, key: randomUUID() }),
      async stop() {
        backend.destroy();
        await terminator.close();
        await server.stop();
      },
    };
  } catch (error) {
    await server.stop();
    throw error;
  }
}
