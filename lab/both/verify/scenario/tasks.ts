import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { ListSubscriptionsByTopicCommand, SNSClient } from '@aws-sdk/client-sns';
import { ListQueuesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { TASK_QUEUE_ENV } from '../../../../fargate/sse/contract.ts';
import { numbered, publishAll } from '../../../../scripts/verify-stage/scenario/entrances.ts';
import { check, type Step, waitFor } from '../../../../scripts/verify-stage/scenario/step.ts';
import { Subscriber, withSubscribers } from '../../../../scripts/verify-stage/scenario/subscriber.ts';
import { clientSettings } from '../../chaos/aws-access.ts';
import { output, physicalId } from '../deployment.ts';
import type { RunningTask } from '../tasks/task-runner.ts';
import type { World } from './world.ts';

/** Names of the queues of tasks, and of those that are subscribed to the topic. */
async function taskQueues({ aws, service, deployment }: World): Promise<{ readonly queues: string[]; readonly subscribed: string[] }> {
  const prefix = service.container.environment[TASK_QUEUE_ENV.queuePrefix] ?? '';
  const sqs = new SQSClient(clientSettings(aws));
  const sns = new SNSClient(clientSettings(aws));
  try {
    const { QueueUrls = [] } = await sqs.send(new ListQueuesCommand({ QueueNamePrefix: prefix }));
    const { Subscriptions = [] } = await sns.send(new ListSubscriptionsByTopicCommand({ TopicArn: output(deployment, 'TopicArn') }));
    const endpoints = Subscriptions.map(({ Endpoint = '' }) => Endpoint.slice(Endpoint.lastIndexOf(':') + 1));
    return {
      queues: QueueUrls.map((url) => url.slice(url.lastIndexOf('/') + 1)).sort(),
      subscribed: endpoints.filter((name) => name.startsWith(prefix)).sort(),
    };
  } finally {
    sqs.destroy();
    sns.destroy();
  }
}

/** Waits until exactly the running tasks have a queue and a subscription. */
async function onlyRunningTasksHaveQueues(world: World): Promise<void> {
  const prefix = world.service.container.environment[TASK_QUEUE_ENV.queuePrefix] ?? '';
  const expected = world.tasks.running
    .map(({ id }) => `${prefix}${id}`)
    .sort()
    .join();
  let found: Awaited<ReturnType<typeof taskQueues>>;
  await waitFor(
    async () => {
      found = await taskQueues(world);
      return found.queues.join() === expected && found.subscribed.join() === expected;
    },
    () => `expected queues and subscriptions of ${expected || 'no task'}, found ${JSON.stringify(found)}`,
  );
}

const STREAMS = 4;

/** By the construct ids of the functions that rules on ECS's events invoke: of which change of a task. */
const CHANGES = {
  CleanersTaskStopped: { desiredStatus: 'STOPPED', lastStatus: 'STOPPED' },
  AnnouncerTaskLeaving: { desiredStatus: 'STOPPED', lastStatus: 'DEACTIVATING' },
};

/** Does what such a rule does. MiniStack's ECS puts no events on the bus, and takes none in its name, as AWS would not. */
async function tell(name: keyof typeof CHANGES, { aws, deployment, service }: World, { arn }: RunningTask): Promise<void> {
  const client = new LambdaClient(clientSettings(aws));
  const event = {
    source: 'aws.ecs',
    'detail-type': 'ECS Task State Change',
    detail: { clusterArn: service.clusterArn, taskArn: arn, group: `service:${service.name}`, ...CHANGES[name] },
  };
  const FunctionName = physicalId(deployment, 'AWS::Lambda::Function', name);
  try {
    await client.send(new InvokeCommand({ FunctionName, InvocationType: 'Event', Payload: JSON.stringify(event) }));
  } finally {
    client.destroy();
  }
}

export const lostTask: Step<World> = {
  name: 'a task that is killed costs its streams nothing, and its queue is removed',
  async run(world) {
    await onlyRunningTasksHaveQueues(world);
    const before = world.tasks.running.length;
    const [victim] = world.tasks.running;
    check(victim !== undefined, 'no task to lose');
    const channel = 'verify.lost-task';
    const subscribers = Array.from({ length: STREAMS }, () => new Subscriber(world, 'sse', channel));
    return withSubscribers(subscribers, async () => {
      const ids = [...(await publishAll(world, channel, numbered('before', 5)))];
      await world.tasks.kill(victim);
      // Where others are left, streams need not wait for the task that ECS starts.
      if (before === 1) await world.tasks.startAnother();
      ids.push(...(await publishAll(world, channel, numbered('after', 5))));
      await Promise.all(subscribers.map((subscriber) => subscriber.count(ids.length)));
      for (const { ids: got } of subscribers) check(got.join() === ids.join(), `published ${ids.join(' ')}, got ${got.join(' ')}`);
      // It cannot remove its queue.
      await tell('CleanersTaskStopped', world, victim);
      await onlyRunningTasksHaveQueues(world);
      return `${STREAMS} streams got ${ids.length} events each; ${before} queues, then ${world.tasks.running.length}`;
    });
  },
};

/** The service's drain and what it takes to remove its queue (lib/timeouts.ts), and a margin. */
const STOP_TIMEOUT_MS = 30_000;

export const stoppedTasks: Step<World> = {
  name: 'tasks that are to stop are told so and end their streams, and remove their queues themselves',
  async run(world) {
    const stopping = world.tasks.running;
    const subscriber = new Subscriber(world, 'sse', 'verify.stopped-task');
    return withSubscribers([subscriber], async () => {
      await Promise.all(
        stopping.map(async (task) => {
          await world.tasks.deregister(task);
          await tell('AnnouncerTaskLeaving', world, task);
        }),
      );
      // Long before they would look at their target health by themselves.
      await waitFor(
        async () => (await Promise.all(stopping.map((task) => world.tasks.isReady(task)))).every((isReady) => !isReady),
        () => 'a task that is to stop does not drain',
      );
      const codes = await Promise.all(stopping.map((task) => world.tasks.stop(task, STOP_TIMEOUT_MS)));
      check(
        codes.every((code) => code === 0),
        `exit codes ${codes.join(', ')}`,
      );
      await waitFor(
        () => !subscriber.isLive,
        () => 'the stream is still open',
      );
      await onlyRunningTasksHaveQueues(world);
      return `${codes.length} drained and exited with 0, 0 queues`;
    });
  },
};
