import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { SUBSCRIPTION_TAG } from '../../../fargate/sse/contract.ts';
import type { Queue } from '../../../packages/assembly-local/queues/queue.ts';
import type { TaskService } from '../../../packages/assembly-local/tasks/task-service.ts';
import { until } from '../../support/until.ts';
import { freshChannel } from '../support/clients.ts';
import { type InProcessRun, publishByFunction, queueNamed, startInProcess } from '../support/in-process.ts';
import { serviceOf } from './support/service.ts';
import { openSse } from './support/streams.ts';

/** Above what the sweep leaves alone as too young. */
const AGE_MS = 20 * 60_000;
/** Shorter than a stage has it, so that a test need not wait. */
const HEAD_CHECK_INTERVAL_MS = 1_000;

const TASKS = 2;

let world: InProcessRun;
let service: TaskService;

beforeAll(async () => {
  world = await startInProcess({ tasks: TASKS, settings: { headCheckIntervalMs: HEAD_CHECK_INTERVAL_MS } });
  service = serviceOf(world.run);
}, 60_000);

afterEach(async () => {
  world.run.faults.loseTaskEvent = undefined;
  world.run.faults.notification = undefined;
  // Tests run in random order, and each needs a whole service.
  await until('another task has taken its place', async () => {
    const answers = await Promise.all(Array.from({ length: 4 }, () => fetch(`${world.run.urls.http}/readyz`)));
    return service.tasks.length === TASKS && answers.every(({ ok }) => ok);
  });
}, 30_000);

afterAll(() => world.run.close(), 30_000);

test('an event whose notifications were all lost is found by the comparison of heads', async () => {
  const channel = freshChannel('unnoticed');
  const stream = await openSse(world.run.urls.http, `channel=${channel}`);
  expect(stream.status).toBe(200);
  world.run.faults.notification = () => {};
  await publishByFunction(world.run, channel, 'found');
  expect((await stream.events.count(1)).map(({ data }) => data)).toEqual(['found']);
  stream.close();
}, 60_000);

describe('the queue and the subscription of an SSE task', () => {
  /** Ids of tasks that have a queue, and of those that have a subscription. */
  function owners(): { readonly queues: readonly string[]; readonly subscriptions: readonly string[] } {
    const { queues, topics } = world.run;
    const names = queues.list().map(({ name }) => name);
    const endpoints = topics.topicArns().flatMap((arn) => topics.subscriptions(arn).map(({ endpoint }) => endpoint));
    const taskIds = (texts: readonly string[]) => texts.flatMap((text) => /_([0-9a-f]{32})$/.exec(text)?.[1] ?? []);
    return { queues: taskIds(names), subscriptions: taskIds(endpoints) };
  }

  const living = () => service.tasks.map(({ id }) => id);
  const has = (taskId: string) => owners().queues.includes(taskId) || owners().subscriptions.includes(taskId);

  /** A task of the service that has both. */
  function victim(): string {
    const [taskId = ''] = living();
    expect(owners().queues).toContain(taskId);
    expect(owners().subscriptions).toContain(taskId);
    return taskId;
  }

  /** No cleaner may take anything from a task that lives. */
  async function othersAreComplete(): Promise<void> {
    await until('every living task has a queue and a subscription', () =>
      living().every((id) => owners().queues.includes(id) && owners().subscriptions.includes(id)),
    );
  }

  test('are removed by the task itself on SIGTERM, without the other two', async () => {
    world.run.faults.loseTaskEvent = () => true;
    const taskId = victim();
    await service.start();
    await service.stop(taskId);
    // The process is gone, and nobody else knows of it.
    expect(has(taskId)).toBe(false);
    await othersAreComplete();
  }, 60_000);

  test('are removed by the rule when a task was killed, without the other two', async () => {
    const taskId = victim();
    await service.kill(taskId);
    await until('both are gone', () => !has(taskId));
    await othersAreComplete();
  }, 60_000);

  test('are removed by the sweep if the task was killed and its event was lost', async () => {
    world.run.faults.loseTaskEvent = () => true;
    const taskId = victim();
    await service.kill(taskId);
    await othersAreComplete();
    expect(has(taskId)).toBe(true);
    world.run.queues.age(AGE_MS);
    world.run.fireSchedules();
    await until('both are gone', () => !has(taskId));
    await othersAreComplete();
  }, 60_000);
});

describe('a task that died before it tagged its queue with the subscription', () => {
  function victim(): { readonly id: string; readonly queue: Queue } {
    const [{ id = '' } = {}] = service.tasks;
    const queue = queueNamed(world.run, id);
    queue.tags.delete(SUBSCRIPTION_TAG);
    return { id, queue };
  }

  function isLeft({ id, queue }: ReturnType<typeof victim>): boolean {
    const { queues, topics } = world.run;
    const endpoints = topics.topicArns().flatMap((arn) => topics.subscriptions(arn).map(({ endpoint }) => endpoint));
    return queues.list().some(({ name }) => name.endsWith(id)) || endpoints.includes(queue.arn);
  }

  test('leaves nothing behind, because of the rule on its stop', async () => {
    const lost = victim();
    await service.kill(lost.id);
    await until('queue and subscription are gone', () => !isLeft(lost));
  }, 60_000);

  test('leaves nothing behind, because of the sweep', async () => {
    world.run.faults.loseTaskEvent = () => true;
    const lost = victim();
    await service.kill(lost.id);
    world.run.queues.age(AGE_MS);
    world.run.fireSchedules();
    await until('queue and subscription are gone', () => !isLeft(lost));
  }, 60_000);
});
