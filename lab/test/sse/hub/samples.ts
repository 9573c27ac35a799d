import type { Sample } from '../../../sse/hub/compare.ts';
import type { Scenario } from '../../../sse/hub/scenarios.ts';
import type { Connecting, Delivering, Measurement } from '../../../sse/measure/workload.ts';
import type { Peer } from '../../../sse/peers/peer.ts';

/** A server that is never started for real. */
export function fakePeer(id: string, changes: Partial<Peer> = {}): Peer {
  return {
    id,
    name: id,
    protocol: 'sse',
    publishPath: '/pub/a',
    missing: async () => undefined,
    start: async () => ({ pids: [], port: 0, publishPort: 0, subscribePath: '/sse/a', stop: async () => undefined }),
    ...changes,
  };
}

export function measurementOf(
  changes: { readonly connecting?: Partial<Connecting>; readonly delivering?: Partial<Delivering> } = {},
): Measurement {
  return {
    intact: true,
    problem: undefined,
    connecting: {
      ...{ streams: 10, acceptsPerSecond: 1_000, cpuUsPerAccept: 10, userBytesPerStream: 4_000, kernelBytesPerStream: 7_000 },
      ...changes.connecting,
    },
    delivering: {
      ...{ events: 10, seconds: 1, messagesPerSecond: 100, p50Ms: 1, p99Ms: 2, p999Ms: 3, maxMs: 4 },
      ...{ cpuUsPerMessage: 5, serverCores: 0.5, clientShare: 0.1 },
      ...changes.delivering,
    },
  };
}

export function sampleOf(scenario: Scenario, peerId: string, measurement: Measurement, round = 1): Sample {
  return { scenario, peer: fakePeer(peerId), round, outcome: { kind: 'measured', measurement } };
}

export function scenarioOf(id: string, changes: Partial<Scenario> = {}): Scenario {
  return { id, title: id, streams: 10, traffic: { kind: 'window', inFlight: 4, burst: 1 }, ...changes };
}
