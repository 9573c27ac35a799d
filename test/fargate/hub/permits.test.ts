import { expect, test } from '@jest/globals';
import { oneAtATime, Permits } from '../../../fargate/hub/permits.ts';

const never = new AbortController().signal;

test('who comes when none is left waits for the first that is given back', async () => {
  const permits = new Permits(1);
  const release = await permits.acquire(never);
  const order: string[] = [];
  const second = permits.acquire(never).then(() => order.push('second'));
  order.push('given back');
  release();
  await second;
  expect(order).toEqual(['given back', 'second']);
});

test('who gives up waiting leaves no permit behind', async () => {
  const permits = new Permits(1);
  const release = await permits.acquire(never);
  const leaving = new AbortController();
  const waiting = permits.acquire(leaving.signal);
  leaving.abort(new Error('left'));
  await expect(waiting).rejects.toThrow('left');
  release();
  await expect(permits.acquire(never)).resolves.toBeInstanceOf(Function);
});

test('who may have one at a time takes no second one while it has the first', async () => {
  const permits = new Permits(2);
  const own = oneAtATime(permits);
  const release = await own.acquire(never);
  const second = own.acquire(never);
  // The second permit is still there for others.
  (await permits.acquire(never))();
  release();
  (await second)();
});

test('who may have one at a time, and gives up waiting for it, keeps neither its turn nor a permit', async () => {
  const permits = new Permits(1);
  const own = oneAtATime(permits);
  const release = await permits.acquire(never);
  const leaving = new AbortController();
  const waiting = own.acquire(leaving.signal);
  leaving.abort(new Error('left'));
  await expect(waiting).rejects.toThrow('left');
  release();
  await expect(own.acquire(never)).resolves.toBeInstanceOf(Function);
});
