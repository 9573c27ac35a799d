import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { PATIENCE_MS } from '../../../test/support/patience.ts';
import { StubServer } from './support/stub-server.ts';

const PROGRAM = join(import.meta.dirname, 'support/use-and-close.ts');

let server: StubServer;

beforeEach(async () => {
  server = await StubServer.start();
});

afterEach(() => server.stop());

test.each(['sse', 'poll', 'websocket'] as const)('over %s, a process ends by itself once its connections are closed', async (transport) => {
  const child = spawn(process.execPath, [PROGRAM, server.url, server.websocketUrl, transport], { stdio: ['ignore', 'pipe', 'inherit'] });
  let printed = '';
  child.stdout.on('data', (chunk: Buffer) => {
    printed += chunk.toString();
  });
  try {
    const [code] = await once(child, 'exit', { signal: AbortSignal.timeout(PATIENCE_MS) });
    expect({ code, printed }).toEqual({ code: 0, printed: 'closed\ntimers left: 0\n' });
  } finally {
    child.kill('SIGKILL');
  }
});
