import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { PATIENCE_MS } from '../../../test/support/patience.ts';
import { StubServer } from './support/stub-server.ts';

const PROGRAM = join(import.meta.dirname, 'support/many-at-once.ts');

let server: StubServer;

beforeEach(async () => {
  server = await StubServer.start();
});

afterEach(() => server.stop());

test.each(['sse', 'poll', 'websocket', 'auto'] as const)(
  'over %s, Node warns of nothing however many subscriptions there are',
  async (transport) => {
    const child = spawn(process.execPath, [PROGRAM, server.url, server.websocketUrl, transport], { stdio: ['ignore', 'inherit', 'pipe'] });
    try {
      const [warnings, [code]] = await Promise.all([text(child.stderr), once(child, 'exit', { signal: AbortSignal.timeout(PATIENCE_MS) })]);
      expect({ code, warnings }).toEqual({ code: 0, warnings: '' });
    } finally {
      child.kill('SIGKILL');
    }
  },
);
