import { expect, test } from '@jest/globals';
import { ANONYMOUS } from '../../../../backbone/domain/principal.ts';
import { oneAtATime, Permits } from '../../../../fargate/sse/hub/permits.ts';

const never = new AbortController().signal;

test('without a free permit a reader waits for the first that is released', async () => {
  const permits = new Permits(1).for('ann');
  const release = await permits.acquire(never);
  const order: string[] = [];
  const second = permits.acquire(never).then(() => order.push('second'));
  order.push('given back');
  release();
  await second;
  expect(order).toEqual(['given back', 'second']);
});

test('an aborted wait leaves no permit behind', async () => {
  const permits = new Permits(1).for('ann');
  const release = await permits.acquire(never);
  const leaving = new AbortController();
  const waiting = permits.acquire(leaving.signal);
  leaving.abort(new Error('left'));
  await expect(waiting).rejects.toThrow('left');
  release();
  await expect(permits.acquire(never)).resolves.toBeInstanceOf(Function);
});

test('the principal that took least lately is served first, whatever the others wait for', async () => {
  const permits = new Permits(1, 1, () => 0);
  const release = await permits.for('ann').acquire(never);
  const order: string[] = [];
  const want = async (principal: string) => {
    const done = await permits.for(principal).acquire(never);
    order.push(principal);
    done();
  };
  const all = [...Array<string>(5).fill('ann'), ...Array<string>(3).fill('bob'), 'carol'].map(want);
  release();
  await Promise.all(all);
  expect(order).toEqual(['bob', 'carol', 'ann', 'bob', 'ann', 'bob', 'ann', 'ann', 'ann']);
});

test('no principal takes more than its limit, and the rest is free for others at once', async () => {
  const permits = new Permits(4, 2);
  const ann = permits.for('ann');
  const releases = [await ann.acquire(never), await ann.acquire(never)];
  let third = false;
  const waiting = ann.acquire(never).then((release) => {
    third = true;
    release();
  });
  (await permits.for('bob').acquire(never))();
  expect(third).toBe(false);
  for (const release of releases) release();
  await waiting;
});

test('the anonymous principal may take all permits, because all clients share it', async () => {
  const permits = new Permits(2, 1).for(ANONYMOUS);
  await permits.acquire(never);
  await expect(permits.acquire(never)).resolves.toBeInstanceOf(Function);
});

test('a reader that does one thing at a time begins the next when the last is done or aborted', async () => {
  const turn = oneAtATime();
  const end = await turn.acquire(never);
  const leaving = new AbortController();
  const waiting = turn.acquire(leaving.signal);
  leaving.abort(new Error('left'));
  await expect(waiting).rejects.toThrow('left');
  end();
  await expect(turn.acquire(never)).resolves.toBeInstanceOf(Function);
});
