import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { PUBLISH_DETAIL_TYPE } from '../../../backbone/contract.ts';
import { outputOf } from '../../../packages/assembly-local/outputs.ts';
import { until } from '../../support/until.ts';
import { freshChannel } from '../support/clients.ts';
import { clientSettings, type InProcessRun, publishByFunction, queueNamed, startInProcess } from '../support/in-process.ts';
import { connectOver, transportsOf } from '../support/transports.ts';

let world: InProcessRun;
let events: EventBridgeClient;

beforeAll(async () => {
  world = await startInProcess({ tasks: 1 });
  events = new EventBridgeClient(clientSettings(world.run.urls.endpoint));
}, 60_000);

afterAll(async () => {
  events.destroy();
  await world.run.close();
}, 30_000);

interface Reader {
  /** Data of the events so far, in order. */
  readonly got: readonly string[];
  close(): void;
}

/** A subscriber over each lane that the app has. */
function subscribeOverAll(channel: string): Promise<readonly Reader[]> {
  const { urls } = world.run;
  return Promise.all(
    transportsOf(urls).map(async (transport) => {
      const connection = connectOver(transport, urls);
      const subscription = connection.subscribe(channel);
      const got: string[] = [];
      subscription.addEventListener('event', ({ detail }) => got.push(detail.data));
      await subscription.ready;
      return { got, close: () => connection.close() };
    }),
  );
}

function putEvent(detail: object): Promise<unknown> {
  return events.send(
    new PutEventsCommand({
      Entries: [
        {
          EventBusName: outputOf(world.run, 'EventBusName'),
          Source: 'test',
          DetailType: PUBLISH_DETAIL_TYPE,
          Detail: JSON.stringify(detail),
        },
      ],
    }),
  );
}

test('an EventBridge event that cannot be published goes to the dead-letter queue', async () => {
  await putEvent({ channel: 'not a channel', data: 'x' });
  const aside = queueNamed(world.run, 'PublishDeadLetters');
  await until('it lies in the dead-letter queue', () => aside.bodies().some((body) => body.includes('not a channel')));
}, 60_000);

test('an EventBridge event that is delivered twice is published once', async () => {
  const channel = freshChannel('twice');
  const readers = await subscribeOverAll(channel);
  await putEvent({ channel, data: 'one', key: 'k' });
  await until('the first has come', () => readers.every(({ got }) => got.includes('one')));
  await putEvent({ channel, data: 'one', key: 'k' });
  await putEvent({ channel, data: 'two' });
  await until('the last has come', () => readers.every(({ got }) => got.includes('two')));
  expect(readers.length).toBeGreaterThan(0);
  for (const { got, close } of readers) {
    expect(got).toEqual(['one', 'two']);
    close();
  }
}, 60_000);

test('what is published by any entrance passes a filter of its channel, and no other', async () => {
  const { queues, topics, urls } = world.run;
  const channel = freshChannel('consumed');
  const queueFor = (name: string, FilterPolicy: object) => {
    const Policy = JSON.stringify({
      Statement: { Effect: 'Allow', Principal: { Service: 'sns.amazonaws.com' }, Action: 'sqs:SendMessage', Resource: '*' },
    });
    const queue = queues.create(name, { Policy });
    const attributes = { RawMessageDelivery: 'true', FilterPolicy: JSON.stringify(FilterPolicy) };
    topics.subscribe(outputOf(world.run, 'TopicArn'), 'sqs', queue.arn, attributes);
    return queue;
  };
  const ofChannel = queueFor('of-channel', { channel: [channel] });
  const ofAnother = queueFor('of-another', { channel: [{ prefix: `${channel}.` }] });

  const entrances = transportsOf(urls);
  for (const transport of entrances) {
    const connection = connectOver(transport, urls);
    await connection.publish(channel, { data: `by ${transport}` });
    connection.close();
  }
  await publishByFunction(world.run, channel, 'by function');
  await putEvent({ channel, data: 'by event' });

  await until('the last has come', () => ofChannel.bodies().some((body) => body.includes('by event')));
  const arrived = ofChannel.bodies().map((body) => JSON.parse(body).data);
  expect(arrived.sort()).toEqual([...entrances, 'function', 'event'].map((entrance) => `by ${entrance}`).sort());
  expect(ofAnother.bodies()).toEqual([]);
}, 60_000);

test('two publications with one key are one event', async () => {
  const channel = freshChannel('keyed');
  const first = await publishByFunction(world.run, channel, 'one', 'k');
  expect(await publishByFunction(world.run, channel, 'one', 'k')).toBe(first);
  expect(await publishByFunction(world.run, channel, 'two')).not.toBe(first);
}, 60_000);

/** Where the log has seen the event, `lane: hop`, each once. */
function hopsOf(id: string): readonly string[] {
  const lines = world.lines.filter((line) => line.includes('event followed') && line.includes(`"${id}"`));
  const hops = lines.map((line) => {
    const { lane, hop } = JSON.parse(line.slice(line.indexOf('{')));
    return `${lane}: ${hop}`;
  });
  return [...new Set(hops)].sort();
}

test('the log follows the first event of a channel from its publication to its subscribers', async () => {
  const channel = freshChannel('followed');
  const readers = await subscribeOverAll(channel);

  const id = await publishByFunction(world.run, channel, 'first');

  const perLane = transportsOf(world.run.urls).flatMap((lane) => [`${lane}: delivered`, `${lane}: received`]);
  expect(perLane).not.toEqual([]);
  const expected = ['backbone: published', ...perLane];
  await until('every hop is in the log', () => hopsOf(id).length >= expected.length);
  expect(hopsOf(id)).toEqual(expected);
  for (const { close } of readers) close();
}, 60_000);
