import { afterEach, beforeEach, describe, test } from '@jest/globals';
import { CASES, runCase } from './support/cases.ts';
import { StubServer } from './support/stub-server.ts';

let server: StubServer;

beforeEach(async () => {
  server = await StubServer.start();
});

afterEach(() => server.stop());

describe.each(['sse', 'poll', 'websocket', 'auto'] as const)('over %s', (transport) => {
  const cases = CASES.filter(({ transports }) => transports.includes(transport));
  test.each(cases.map((it) => [it.name, it] as const))('%s', (_, it) => runCase(it, transport, server, server));
});
