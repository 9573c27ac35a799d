import { expect, test } from '@jest/globals';
import { Permits } from '../../../fargate/hub/permits.ts';

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
