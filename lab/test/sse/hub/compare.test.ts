import { expect, test } from '@jest/globals';
import { type CompareOptions, compare, isSaturated, type Sample } from '../../../sse/hub/compare.ts';
import type { LoadClient, Workload } from '../../../sse/measure/workload.ts';
import { fakePeer, measurementOf, scenarioOf } from './samples.ts';

/** A client that answers at once with so many seconds, and remembers what it was asked for. */
class ScriptedClient implements LoadClient {
  readonly name = 'scripted';
  readonly runs: { readonly peer: string; readonly workload: Workload }[] = [];
  readonly #secondsPerEvent: number;

  constructor(secondsPerEvent: number) {
    this.#secondsPerEvent = secondsPerEvent;
  }

  measure: LoadClient['measure'] = async (peer, _server, workload) => {
    this.runs.push({ peer: peer.id, workload });
    const events = workload.load.kind === 'idle' ? 0 : workload.load.events;
    return measurementOf({ delivering: { events, seconds: events * this.#secondsPerEvent } });
  };
}

function run(client: LoadClient, changes: Partial<CompareOptions> = {}): Promise<readonly Sample[]> {
  return compare({
    scenarios: [scenarioOf('lone-10')],
    peers: [fakePeer('a'), fakePeer('b')],
    client,
    rounds: 1,
    secondsPerRun: 4,
    signal: new AbortController().signal,
    progress: () => undefined,
    ...changes,
  });
}

const rate = (perSecond: number) => scenarioOf(`rate${perSecond}-10`, { traffic: { kind: 'rate', perSecond } });

test('servers take turns in every scenario of every round', async () => {
  const samples = await run(new ScriptedClient(1), { scenarios: [scenarioOf('one'), scenarioOf('two')], rounds: 2 });

  expect(samples.map(({ round, scenario, peer }) => `${round} ${scenario.id} ${peer.id}`)).toEqual([
    ...['1 one a', '1 one b', '1 two a', '1 two b'],
    ...['2 one a', '2 one b', '2 two a', '2 two b'],
  ]);
});

test('a run that was too short is done again with more events, and later rounds begin with those', async () => {
  const client = new ScriptedClient(0.01);

  const samples = await run(client, { peers: [fakePeer('a')], rounds: 2 });

  const events = client.runs.map(({ workload }) => (workload.load.kind === 'idle' ? 0 : workload.load.events));
  expect(events).toEqual([64, 400, 400]);
  expect(samples).toHaveLength(2);
});

test('a server that was saturated is spared higher rates, and the others are not', async () => {
  const slow = new ScriptedClient(0.02);
  const quick = new ScriptedClient(0.001);
  const client: LoadClient = {
    name: 'two speeds',
    measure: (peer, ...rest) => (peer.id === 'a' ? slow : quick).measure(peer, ...rest),
  };

  const samples = await run(client, { scenarios: [rate(10), rate(100), rate(200)] });

  expect(samples.map(({ peer, scenario, outcome }) => `${peer.id} ${scenario.id} ${outcome.kind}`)).toEqual([
    ...['a rate10-10 measured', 'b rate10-10 measured'],
    ...['a rate100-10 measured', 'b rate100-10 measured'],
    ...['a rate200-10 skipped', 'b rate200-10 measured'],
  ]);
});

test('a server that was saturated has another chance in the next round', async () => {
  const samples = await run(new ScriptedClient(0.02), { scenarios: [rate(100), rate(200)], peers: [fakePeer('a')], rounds: 2 });

  expect(samples.map(({ outcome }) => outcome.kind)).toEqual(['measured', 'skipped', 'measured', 'skipped']);
});

test('a server that does not start is a failure with its reason, and the others run', async () => {
  const broken = fakePeer('broken', { start: () => Promise.reject(new Error('no such program')) });

  const samples = await run(new ScriptedClient(1), { peers: [broken, fakePeer('b')] });

  expect(samples.map(({ outcome }) => outcome.kind)).toEqual(['failed', 'measured']);
  expect(samples[0]?.outcome).toMatchObject({ reason: expect.stringContaining('no such program') });
});

test('a measurement that is not intact is a failure, not a figure', async () => {
  const client: LoadClient = { name: 'lossy', measure: async () => ({ ...measurementOf(), intact: false, problem: '3 errors' }) };

  const [sample] = await run(client);

  expect(sample?.outcome).toEqual({ kind: 'failed', reason: '3 errors' });
});

test('every server is stopped, after a failure too', async () => {
  let running = 0;
  const counted = fakePeer('counted', {
    start: async () => {
      running++;
      return { pids: [], port: 0, publishPort: 0, subscribePath: '/sse/a', stop: async () => void running-- };
    },
  });

  await run({ name: 'broken', measure: () => Promise.reject(new Error('crash')) }, { peers: [counted] });

  expect(running).toBe(0);
});

test('a signal ends the comparison with what was measured before', async () => {
  const stopping = new AbortController();
  const client = new ScriptedClient(1);
  const progress = () => {
    if (client.runs.length === 1) stopping.abort();
  };

  const samples = await run(client, { signal: stopping.signal, progress, rounds: 9 });

  expect(samples).toHaveLength(1);
});

test('a server is saturated when its last event comes a tenth later than all were published', () => {
  expect(isSaturated(10, { events: 100, seconds: 10.9 })).toBe(false);
  expect(isSaturated(10, { events: 100, seconds: 11.1 })).toBe(true);
});
