import { expect, test } from '@jest/globals';
import { createNodeClient } from '../../../sse/measure/node-client.ts';
import type { Load, Measurement } from '../../../sse/measure/workload.ts';
import { betterSse, nodeHttp, ours, oursFourChannels, ws } from '../../../sse/peers/catalog.ts';
import type { Peer } from '../../../sse/peers/peer.ts';

const STREAMS = 4;
const client = createNodeClient('no compiler');

async function measure(peer: Peer, load: Load, signal = new AbortController().signal): Promise<Measurement> {
  const server = await peer.start();
  try {
    return await client.measure(peer, server, { streams: STREAMS, dataBytes: 160, load }, signal);
  } finally {
    await server.stop();
  }
}

test.each([ours, oursFourChannels, betterSse, nodeHttp, ws])('every stream of $id gets every event of bursts', async (peer) => {
  const { intact, problem, delivering } = await measure(peer, { kind: 'window', inFlight: 4, burst: 4, events: 12 });

  expect(problem).toBeUndefined();
  expect(intact).toBe(true);
  expect(delivering?.events).toBe(12);
  expect(delivering?.messagesPerSecond).toBeCloseTo((12 * STREAMS) / (delivering?.seconds ?? 0));
});

test('an open loop publishes as many as were asked for', async () => {
  const { intact, delivering } = await measure(nodeHttp, { kind: 'rate', perSecond: 100, events: 20 });

  expect(intact).toBe(true);
  expect(delivering?.events).toBe(20);
}, 20_000);

test('a server that does not take streams is a problem, not a figure', async () => {
  const elsewhere: Peer = { ...ours, start: async () => ({ ...(await ours.start()), subscribePath: '/nothing' }) };

  const { intact, problem, delivering } = await measure(elsewhere, { kind: 'rate', perSecond: 1, events: 1 });

  expect(intact).toBe(false);
  expect(problem).toContain('answered 404');
  expect(delivering).toBeUndefined();
}, 20_000);
