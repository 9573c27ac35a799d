import { describe, expect, test } from '@jest/globals';
import type { ConnectionPoster, PostOutcome } from '../../../../lambda/websocket/ports.ts';
import { fanOut } from '../../../websocket/fan-out/invocations.ts';
import { connectionIds } from '../../../websocket/fan-out/posters.ts';

const EVENT = { channel: 'bench', epoch: 'bench', seq: 1, type: 'message', data: 'x', publishedAtMs: 0 };
const SETTING = { postConcurrency: 50, invocations: 3, batchSize: 2 };

/** A poster that notes to whom it sent, and answers by connection and by the how-manieth post to it this is. */
function notingPoster(answer: (connectionId: string, nth: number) => PostOutcome) {
  const sent: string[] = [];
  const counts = new Map<string, number>();
  const poster: ConnectionPoster = {
    async post(connectionId) {
      const nth = (counts.get(connectionId) ?? 0) + 1;
      counts.set(connectionId, nth);
      const outcome = answer(connectionId, nth);
      if (outcome.kind === 'sent') sent.push(connectionId);
      return outcome;
    },
  };
  return { poster, sent };
}

describe.each([1, 500, 501, 5_001])('one event to %i connections', (count) => {
  test('reaches each of them once', async () => {
    const ids = connectionIds(count);
    const { poster, sent } = notingPoster(() => ({ kind: 'sent' }));
    const result = await fanOut(EVENT, { ...SETTING, poster, connectionIds: ids });
    expect(sent.sort()).toEqual(ids);
    expect(result).toMatchObject({ deliveries: count, gone: 0, throttledPosts: 0, undeliverable: 0 });
  });
});

test('closed connections and throttled posts are counted, and the latter tried again', async () => {
  const [closed = '', busy = '', ...others] = connectionIds(600);
  const { poster, sent } = notingPoster((id, nth) => {
    if (id === closed) return { kind: 'gone' };
    return { kind: id === busy && nth === 1 ? 'throttled' : 'sent' };
  });
  const result = await fanOut(EVENT, { ...SETTING, poster, connectionIds: [closed, busy, ...others] });
  expect(result).toMatchObject({ deliveries: 599, gone: 1, throttledPosts: 1, undeliverable: 0 });
  expect(sent.filter((id) => id === busy)).toHaveLength(1);
});

test('connections that refuse are counted as undeliverable', async () => {
  const { poster } = notingPoster(() => ({ kind: 'refused', reason: '413' }));
  expect(await fanOut(EVENT, { ...SETTING, poster, connectionIds: connectionIds(3) })).toMatchObject({ deliveries: 0, undeliverable: 3 });
});
