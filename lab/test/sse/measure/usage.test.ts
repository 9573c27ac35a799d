import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from '@jest/globals';
import { median } from '../../../shared/median.ts';
import { shareBetween } from '../../../sse/measure/cpu-watch.ts';
import { childrenOf, cpuSeconds, memoryUse } from '../../../sse/measure/usage.ts';

test('the CPU time of this process grows as Node counts it', async () => {
  const before = { seconds: await cpuSeconds([process.pid]), usage: process.cpuUsage() };
  let work = 0;
  while (process.cpuUsage(before.usage).user < 100_000) work++;

  const used = (await cpuSeconds([process.pid])) - before.seconds;

  expect(work).toBeGreaterThan(0);
  expect(used).toBeGreaterThan(0.09);
});

test('the memory of this process is about what Node says', async () => {
  const { pssBytes, slabBytes } = await memoryUse([process.pid]);

  const resident = process.memoryUsage.rss();
  expect(pssBytes).toBeGreaterThan(resident / 4);
  expect(pssBytes).toBeLessThan(resident * 2);
  expect(slabBytes).toBeGreaterThan(0);
});

test('a process that has ended uses nothing, and has no children', async () => {
  const child = spawn(process.execPath, ['-e', '0']);
  await once(child, 'exit');

  const pid = child.pid ?? 0;
  expect(await cpuSeconds([pid])).toBe(0);
  expect((await memoryUse([pid])).pssBytes).toBe(0);
  expect(await childrenOf(pid)).toEqual([]);
});

test('children are found', async () => {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
  await once(child, 'spawn');

  expect(await childrenOf(process.pid)).toContain(child.pid);

  child.kill();
  await once(child, 'exit');
});

test('a share counts between the samples around the times', () => {
  const samples = [0, 100, 200, 300].map((atMs) => ({ atMs, seconds: atMs < 200 ? 0.001 : (atMs - 100) / 1_000 }));

  expect(shareBetween(samples, 110, 300)).toBeCloseTo(0.995);
  expect(shareBetween(samples, 0, 100)).toBe(0);
});

test('a process that ended in between counts up to its end', () => {
  const samples = [
    { atMs: 0, seconds: 0 },
    { atMs: 100, seconds: 0.05 },
    { atMs: 200, seconds: 0 },
  ];

  expect(shareBetween(samples, 0, 200)).toBeCloseTo(0.5);
});

test('the median of an even number is between the two in the middle; of nothing there is none', () => {
  expect(median([4, 1, 3, 2])).toBe(2.5);
  expect(median([9, 1, 5])).toBe(5);
  expect(median([])).toBeUndefined();
});
