import { describe, expect, test } from '@jest/globals';
import type { SQSRecord } from 'aws-lambda';
import { encodeEphemeralNotification } from '../../backbone/domain/ephemeral-event.ts';
import type { ChannelEvent } from '../../backbone/domain/event.ts';
import { encodePresenceNotification } from '../../backbone/domain/presence.ts';
import { type ConsumedEvent, consumer } from '../../lambda/consumer.ts';
import { createFunctionLogger } from '../../lambda/telemetry.ts';
import { ephemeralEvent } from '../support/ephemeral.ts';
import { invocationContext } from './support/context.ts';

const event = (seq: number, channel = 'ai.1', epoch = 'k3f9'): ChannelEvent => ({
  channel,
  epoch,
  seq,
  type: 'question',
  data: `${channel} ${seq}`,
  publishedAtMs: 1_000,
});

/** The notification of an event as it is on the wire: a running deployment has older ones in its queues. */
const bodyOf = ({ publishedAtMs, ...rest }: ChannelEvent) => JSON.stringify({ ...rest, publishedAt: publishedAtMs });

/** Invokes a consumer with a batch of message bodies, whose ids are m0, m1 … */
async function consume(handle: (event: ConsumedEvent) => Promise<void>, ...bodies: readonly string[]) {
  const lines: object[] = [];
  const openLogger = createFunctionLogger('backbone', (line) => lines.push(JSON.parse(line)));
  const Records = bodies.map((body, at) => ({ messageId: `m${at}`, body }) as SQSRecord);
  const { batchItemFailures } = await consumer(handle, openLogger)({ Records }, invocationContext('r1'));
  return { failed: batchItemFailures.map(({ itemIdentifier }) => itemIdentifier), lines };
}

/** The events that a batch hands out, in the order in which they are handled. */
async function handledOf(...events: readonly ChannelEvent[]): Promise<readonly ConsumedEvent[]> {
  const handled: ConsumedEvent[] = [];
  await consume(async (each) => void handled.push(each), ...events.map(bodyOf));
  return handled;
}

test('a consumer gets the event as clients see it, with a key', async () => {
  expect(await handledOf(event(7))).toEqual([
    {
      channel: 'ai.1',
      id: 'k3f9.7',
      type: 'question',
      data: 'ai.1 7',
      publishedAt: '1970-01-01T00:00:01.000Z',
      key: expect.stringMatching(/^[A-Za-z0-9_-]{43}$/),
    },
  ]);
});

test('events of ephemeral channels are not for consumers, not even of all channels', async () => {
  const handled: ConsumedEvent[] = [];
  const { failed, lines } = await consume(async (each) => void handled.push(each), encodeEphemeralNotification(ephemeralEvent(1)));
  expect([handled, failed, lines]).toEqual([[], [], []]);
});

test('changes of presence are not for consumers, not even of all channels', async () => {
  const handled: ConsumedEvent[] = [];
  const changes = [{ member: 'ann', data: '', connections: 1, version: 1 }];
  const told = encodePresenceNotification({ channel: 'ai.1', owner: 'task', changes });
  const { failed, lines } = await consume(async (each) => void handled.push(each), told);
  expect([handled, failed, lines]).toEqual([[], [], []]);
});

test('the key is the same when an event comes again, and differs for every other event', async () => {
  const handled = await handledOf(event(1), event(1), event(2), event(1, 'ai.2'), event(1, 'ai.1', 'other'));
  expect(handled).toHaveLength(5);
  expect(new Set(handled.map(({ key }) => key)).size).toBe(4);
  const [first, again] = handled.filter(({ channel, id }) => channel === 'ai.1' && id === 'k3f9.1');
  expect(again).toEqual(first);
});

test('events of one channel that come together are handled by their position', async () => {
  const handled = await handledOf(event(10), event(2), event(9));
  expect(handled.map(({ id }) => id)).toEqual(['k3f9.2', 'k3f9.9', 'k3f9.10']);
});

test('an event waits for the one before it on its channel, and not for other channels', async () => {
  const steps: string[] = [];
  const other = Promise.withResolvers<void>();
  const handle = async ({ channel, data }: ConsumedEvent) => {
    steps.push(`begin ${data}`);
    if (channel === 'ai.2') other.resolve();
    else await other.promise;
    steps.push(`end ${data}`);
  };
  await consume(handle, bodyOf(event(1)), bodyOf(event(2)), bodyOf(event(1, 'ai.2')));
  expect(steps.filter((step) => step.includes('ai.1'))).toEqual(['begin ai.1 1', 'end ai.1 1', 'begin ai.1 2', 'end ai.1 2']);
});

describe('what fails', () => {
  test('is reported alone, and the events after it are handled', async () => {
    const handled: string[] = [];
    const handle = async ({ id }: ConsumedEvent) => {
      if (id === 'k3f9.2') throw new Error('the model is busy');
      handled.push(id);
    };
    const { failed, lines } = await consume(handle, bodyOf(event(1)), bodyOf(event(2)), bodyOf(event(3)));
    expect(failed).toEqual(['m1']);
    expect(handled).toEqual(['k3f9.1', 'k3f9.3']);
    const fields = { level: 'ERROR', message: 'event not consumed', messageId: 'm1', channel: 'ai.1', id: 'k3f9.2' };
    expect(lines).toMatchObject([{ ...fields, error: { message: 'the model is busy' } }]);
  });

  test('of a batch brings the whole batch again, with the same keys, and the rest of it is handled', async () => {
    const { channel } = event(1);
    const events = [3, 1, 2].map((seq) => {
      const { channel: _, ...fields } = JSON.parse(bodyOf(event(seq))) as Record<string, unknown>;
      return fields;
    });
    const body = JSON.stringify({ channel, events });
    const handled: string[] = [];
    const handle = async ({ id }: ConsumedEvent) => {
      handled.push(id);
      if (id === 'k3f9.1') throw new Error('the model is busy');
    };
    expect((await consume(handle, body, bodyOf(event(4)))).failed).toEqual(['m0']);
    expect(handled).toEqual(['k3f9.1', 'k3f9.2', 'k3f9.3', 'k3f9.4']);
    const keys = async () => {
      const found: string[] = [];
      await consume(async ({ key }) => void found.push(key), body);
      return found;
    };
    const first = await keys();
    expect(new Set(first).size).toBe(3);
    expect(await keys()).toEqual(first);
  });

  test('may throw before it returns a promise', async () => {
    const handle = () => {
      throw new Error('not implemented');
    };
    expect((await consume(handle, bodyOf(event(1)), bodyOf(event(1, 'ai.2')))).failed.sort()).toEqual(['m0', 'm1']);
  });

  test.each([
    ['no JSON', 'nonsense'],
    ['no event', '{}'],
    ['a channel that cannot be', bodyOf(event(1, 'a b'))],
    ['a seq that cannot be', bodyOf(event(-1))],
    ['a type with a line break', bodyOf({ ...event(1), type: 'a\nb' })],
  ])('includes messages with %s, which are not handed out', async (_, body) => {
    const handled: string[] = [];
    const { failed } = await consume(async ({ id }) => void handled.push(id), body, bodyOf(event(1)));
    expect({ failed, handled }).toEqual({ failed: ['m0'], handled: ['k3f9.1'] });
  });

  test('never shows data in the log', async () => {
    const handle = () => Promise.reject(new Error('refused'));
    const { lines } = await consume(handle, bodyOf({ ...event(1), data: 'my secret' }));
    expect(lines).toHaveLength(1);
    expect(JSON.stringify(lines)).not.toContain('my secret');
  });
});
