import { expect, test } from '@jest/globals';
import { MemoryEventLog } from '../../../../backbone/memory/memory-event-log.ts';
import { systemClock } from '../../../../backbone/services/system-clock.ts';
import { createLogLikeDynamo } from '../../../sse/task/log-like-dynamo.ts';
import { ReadCounts } from '../../../sse/task/read-counts.ts';

async function filled(events: number, chars: number) {
  const memory = new MemoryEventLog({ clock: systemClock, retentionMs: 3_600_000 });
  let epoch = '';
  for (let index = 0; index < events; index++) {
    const position = await memory.allocate('a');
    ({ epoch } = position);
    await memory.append({ channel: 'a', ...position, type: 'message', data: 'x'.repeat(chars), publishedAtMs: Date.now() }, `${index}`);
  }
  return { memory, epoch };
}

test('a page ends at 1 MB, says that there is more, and goes on from there', async () => {
  const { memory, epoch } = await filled(30, 90_000);
  const log = createLogLikeDynamo(memory, 0);
  const first = await log.read('a', epoch, 1, 100);
  expect(first).toMatchObject({ more: true });
  expect(first.entries).toHaveLength(11);
  const rest = await log.read('a', epoch, 24, 100);
  expect(rest.more).toBe(false);
  expect(rest.entries.map(({ seq }) => seq)).toEqual([24, 25, 26, 27, 28, 29, 30]);
});

test('an entry larger than a page is a page', async () => {
  const { memory, epoch } = await filled(2, 2_000_000);
  const log = createLogLikeDynamo(memory, 0);
  expect((await log.read('a', epoch, 1, 100)).entries).toHaveLength(1);
});

test('nobody shares what was read', async () => {
  const { memory, epoch } = await filled(1, 10);
  const log = createLogLikeDynamo(memory, 0);
  const [one] = (await log.read('a', epoch, 1, 1)).entries;
  const [other] = (await log.read('a', epoch, 1, 1)).entries;
  expect(one).toEqual(other);
  expect(one).not.toBe(other);
});

test('reads are counted by kind and channel, writes are not', async () => {
  const { memory, epoch } = await filled(1, 10);
  const counts = new ReadCounts();
  const log = createLogLikeDynamo(memory, 0, (method, args) => counts.note(method, args));
  await log.head('a');
  await log.read('a', epoch, 1, 1);
  await log.read('b', epoch, 1, 1);
  await log.heads(['a', 'b', 'c']);
  await log.allocate('a');
  expect(counts.summary()).toEqual({ reads: { head: 1, read: 2, heads: 1 }, mostReadsOfChannel: 2, channelsRead: 2 });
  counts.clear();
  expect(counts.summary()).toEqual({ reads: {}, mostReadsOfChannel: 0, channelsRead: 0 });
});
