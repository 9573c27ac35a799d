import { expect, test } from '@jest/globals';
import { type Outcome, runSteps, type Step } from '../../../scripts/verify-stage/scenario/step.ts';
import { needsClients, type Target, transportsOf } from '../../../scripts/verify-stage/scenario/target.ts';

const nowhere: Target = { http: undefined, websocket: undefined, token: '', channelPrefix: '', backends: [] };
const going = new AbortController().signal;

const step = (name: string, rest: Partial<Step> = {}): Step => ({ name, run: async () => `seen by ${name}`, ...rest });

async function outcomesOf(steps: readonly Step[], signal = going): Promise<readonly Outcome[]> {
  return Array.fromAsync(runSteps(steps, nowhere, signal));
}

test('one that fails keeps none of the next from running', async () => {
  const outcomes = await outcomesOf([step('a', { run: () => Promise.reject(new Error('no')) }), step('b')]);
  expect(outcomes).toMatchObject([
    { name: 'a', kind: 'failed', error: { message: 'a: no' } },
    { name: 'b', kind: 'ok', seen: 'seen by b' },
  ]);
});

test('a precondition that fails is the last that runs, and those after it say so', async () => {
  const outcomes = await outcomesOf([step('a', { isPrecondition: true, run: () => Promise.reject(new Error('no')) }), step('b')]);
  expect(outcomes).toMatchObject([{ kind: 'failed' }, { name: 'b', kind: 'not exercised', reason: 'this failed: a' }]);
});

test('one with an obstacle is not run, and says why', async () => {
  const blocked = step('a', { obstacle: needsClients, run: () => Promise.reject(new Error('ran')) });
  expect(await outcomesOf([blocked])).toMatchObject([{ kind: 'not exercised', reason: 'clients cannot reach any lane there' }]);
});

test('one that hangs is given up when the signal aborts', async () => {
  const stopping = new AbortController();
  const hanging = step('a', {
    run: () => {
      stopping.abort(new Error('stopped'));
      return new Promise(() => undefined);
    },
  });
  await expect(outcomesOf([hanging, step('b')], stopping.signal)).rejects.toThrow('stopped');
});

test.each([
  [{ http: 'http://here', websocket: 'ws://here' }, ['sse', 'poll', 'websocket']],
  [{ http: 'http://here' }, ['sse', 'poll']],
  [{ websocket: 'ws://here' }, ['websocket']],
])('transports of %j', (urls, transports) => {
  expect(transportsOf({ ...nowhere, ...urls })).toEqual(transports);
});
