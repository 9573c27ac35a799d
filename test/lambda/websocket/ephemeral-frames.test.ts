import { describe, expect, test } from '@jest/globals';
import { EVERYBODY } from '../../support/access.ts';
import { LIMITS, openSocket } from './support/socket.ts';

const publication = (requestId?: string) => ({ action: 'publish', channel: 'typing.demo', data: 'x', ...(requestId && { requestId }) });

describe('publishing on an ephemeral channel', () => {
  test('announces the event, and answers only who asks for it', async () => {
    const socket = await openSocket();
    expect(await socket.send(publication())).toEqual([]);
    expect(await socket.send(publication('r1'))).toEqual([{ kind: 'accepted', channel: 'typing.demo', requestId: 'r1' }]);
    expect(socket.bus.announced.map(({ count }) => count)).toEqual([1, 2]);
    expect([socket.bus.notified, await socket.log.head('typing.demo')]).toEqual([[], undefined]);
  });

  test('uses up no answers and no durable publications of its principal', async () => {
    const socket = await openSocket();
    const untouched = { perSecond: 1, take: () => Promise.reject(new Error('a write for an ephemeral frame')) };
    expect(await socket.send(publication('r1'), { deps: { answers: untouched, quota: untouched } })).toMatchObject([{ kind: 'accepted' }]);
  });

  test('takes no batches', async () => {
    const socket = await openSocket();
    const batch = { action: 'publish', channel: 'typing.demo', events: [{ data: 'a' }, { data: 'b' }] };
    expect(await socket.send(batch)).toMatchObject([
      { kind: 'error', code: 'invalid_body', message: expect.stringContaining('typing.demo') },
    ]);
    expect(socket.bus.announced).toEqual([]);
  });

  test('more often than the limit is refused, counted as any frame, and published not once more', async () => {
    const socket = await openSocket();
    await socket.store.open({ ...EVERYBODY, principal: 'ann', connectionId: 'ann', connectedAtMs: socket.clock.nowMs() });
    const answers: unknown[] = [];
    for (let at = 0; at < LIMITS.ephemeralPerSecond + 2; at++) answers.push(...(await socket.send(publication(), { connectionId: 'ann' })));
    expect(answers).toMatchObject([
      { kind: 'error', code: 'too_many_publications', retryAfterMs: 1_000 },
      { kind: 'error', code: 'too_many_publications' },
    ]);
    expect(socket.bus.announced).toHaveLength(LIMITS.ephemeralPerSecond);
    expect(JSON.stringify(socket.lines)).toContain('"LimitedPublications":1');
  });

  test('needs the right to, and a token that has not expired', async () => {
    const socket = await openSocket();
    await socket.store.open({
      ...EVERYBODY,
      rights: { subscribe: ['*'], publish: [] },
      connectionId: 'reader',
      connectedAtMs: socket.clock.nowMs(),
    });
    await socket.store.open({
      ...EVERYBODY,
      expiresAtMs: socket.clock.nowMs() + 1_000,
      connectionId: 'late',
      connectedAtMs: socket.clock.nowMs(),
    });
    expect(await socket.send(publication('r1'), { connectionId: 'reader' })).toMatchObject([{ code: 'forbidden', requestId: 'r1' }]);
    await socket.clock.advance(1_000);
    expect(await socket.send(publication(), { connectionId: 'late' })).toMatchObject([{ code: 'token_expired' }]);
    expect(socket.bus.announced).toEqual([]);
  });
});

describe('subscribing to an ephemeral channel', () => {
  test('is answered with its kind and without an id, and nothing follows, whatever the cursor', async () => {
    const socket = await openSocket();
    const answer = { kind: 'subscribed', channel: 'typing.demo', channelKind: 'ephemeral', requestId: 'r1' };
    expect(await socket.catchUp({ action: 'subscribe', channel: 'typing.demo', requestId: 'r1' })).toEqual([answer]);
    const resuming = { action: 'subscribe', channel: 'typing.demo', after: 'k3f9.7', batch: true, requestId: 'r1' };
    expect(await socket.catchUp(resuming)).toEqual([answer]);
  });

  test('makes no head in a pong', async () => {
    const socket = await openSocket();
    await socket.send({ action: 'subscribe', channel: 'typing.demo' });
    await socket.send({ action: 'subscribe', channel: 'demo' });
    expect(await socket.send({ action: 'ping', heads: true })).toEqual([{ kind: 'pong', heads: { demo: '0.0' } }]);
  });
});
