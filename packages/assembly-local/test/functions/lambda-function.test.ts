import { afterEach, expect, test } from '@jest/globals';
import { until } from '../../../../test/support/until.ts';
import type { LambdaFunction } from '../../functions/lambda-function.ts';
import { result, testFunction } from '../support/functions.ts';

const functions: LambdaFunction[] = [];

afterEach(async () => {
  for (const fn of functions.splice(0)) await fn.close();
});

function make(...args: Parameters<typeof testFunction>) {
  const made = testFunction(...args);
  functions.push(made.fn);
  return made;
}

test('a handler gets the event and a context, and its answer comes back', async () => {
  const { fn } = make('echo');
  const outcome = await fn.invoke('{"text":"ünïcode"}', 'request-1');
  expect(outcome).toMatchObject({ kind: 'result' });
  expect(JSON.parse(outcome.kind === 'result' ? outcome.payload : '')).toMatchObject({
    event: { text: 'ünïcode' },
    requestId: 'request-1',
  });
});

test('a handler that returns nothing answers null', async () => {
  expect(await result(make('nothing').fn)).toBeNull();
});

test('the environment is the given one and nothing of the local run', async () => {
  const env = (await result(make('environment').fn)) as Record<string, string>;
  expect(env['AWS_LAMBDA_FUNCTION_NAME']).toBe('environment');
  expect(env['PATH']).toBeUndefined();
  expect(env['HOME']).toBeUndefined();
});

test('an instance is used again', async () => {
  const { fn } = make('echo');
  const pids = [await result(fn), await result(fn)].map((answer) => (answer as { pid: number }).pid);
  expect(pids[1]).toBe(pids[0]);
});

test('invocations at the same time run in different instances, and beyond the limit wait their turn', async () => {
  const { fn } = make('slow', { reservedConcurrency: 2 });
  const pids = await Promise.all([1, 2, 3, 4].map(() => result(fn, { ms: 100 })));
  expect(new Set(pids).size).toBe(2);
});

test('an error of the handler has type, message and trace, and the instance lives on', async () => {
  const { fn } = make('fail');
  for (let n = 0; n < 2; n++) {
    expect(await fn.invoke('{}')).toEqual({
      kind: 'error',
      error: { errorType: 'TypeError', errorMessage: 'bad input', trace: expect.arrayContaining([expect.stringContaining('index.mjs')]) },
    });
  }
});

test('a function that takes longer than its timeout is ended, and the next invocation starts anew', async () => {
  const { fn } = make('slow', { timeoutMs: 300 });
  const outcome = await fn.invoke('{"ms":60000}');
  expect(outcome).toMatchObject({
    kind: 'error',
    error: { errorType: 'Sandbox.Timedout', errorMessage: expect.stringContaining('0.30 seconds') },
  });
  expect(await result(fn, { ms: 0 })).toEqual(expect.any(Number));
});

test('the context knows the time that is left', async () => {
  const left = await result(make('remaining', { timeoutMs: 600_000 }).fn);
  // Longer than this test may take.
  expect(left).toBeGreaterThan(500_000);
  expect(left).toBeLessThanOrEqual(600_000);
});

test('a function that exits is an error that says how', async () => {
  const outcome = await make('exit').fn.invoke('{}');
  expect(outcome).toMatchObject({ error: { errorType: 'Runtime.ExitError', errorMessage: expect.stringContaining('exit status 3') } });
});

test('a handler that does not exist is an error that names it', async () => {
  expect(await make('nobody').fn.invoke('{}')).toMatchObject({ error: { errorMessage: expect.stringContaining('index.nobody') } });
  expect(await make('echo', { handlerFile: 'absent' }).fn.invoke('{}')).toMatchObject({
    error: { errorMessage: expect.stringContaining("'absent'") },
  });
});

test('what a function prints is in the log', async () => {
  const { fn, lines } = make('log');
  await result(fn, { hello: 'log' });
  await until('the line', () => lines.includes('[log] {"hello":"log"}\n'));
});

test('closing ends running and waiting invocations', async () => {
  const { fn } = make('slow', { reservedConcurrency: 1 });
  await result(fn, { ms: 0 });
  const running = [fn.invoke('{"ms":60000}'), fn.invoke('{"ms":60000}')];
  await fn.close();
  for (const outcome of await Promise.all(running)) expect(outcome.kind).toBe('error');
});

test('what is closed has left no process', async () => {
  const { fn } = make('echo');
  const { pid } = (await result(fn)) as { pid: number };
  await fn.close();
  expect(() => process.kill(pid, 0)).toThrow('ESRCH');
});
