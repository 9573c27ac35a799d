import { afterEach, describe, expect, test } from '@jest/globals';
import type { ConnectionPoster } from '../../../../lambda/websocket/ports.ts';
import { type AwsBehaviour, type AwsResponse, type AwsStub, startAwsStub } from '../../../support/aws-stub.ts';
import { isSignedBy } from '../../../support/verify-signature.ts';

export interface PosterUnderTest extends ConnectionPoster {
  close(): Promise<void>;
}

const CONNECTION_ID = 'L0SM9cOFvHcCIhw=';

/** What every {@link ConnectionPoster} promises. `create` answers a poster that gives up a request after `timeoutMs`. */
export function connectionPosterContract(
  name: string,
  create: (endpoint: string, stub: AwsStub['clientOptions'], timeoutMs: number) => PosterUnderTest,
): void {
  describe(`${name} as a ConnectionPoster`, () => {
    let stub: AwsStub;
    let poster: PosterUnderTest;

    async function start(behaviour: AwsBehaviour, timeoutMs = 5_000): Promise<void> {
      stub = await startAwsStub(behaviour);
      poster = create(`${stub.endpoint}/dev`, stub.clientOptions, timeoutMs);
    }

    afterEach(async () => {
      await stub.stop();
      await poster.close();
    });

    const answering = (answer: AwsResponse) => start(() => answer);
    const failing = (status: number, type: string) =>
      answering({ status, headers: { 'x-amzn-errortype': type }, body: { message: 'because' } });

    test('posts the frame to the connection, under the path of the stage', async () => {
      await answering({});
      expect(await poster.post(CONNECTION_ID, '{"text":"é☂"}')).toEqual({ kind: 'sent' });
      expect(stub.calls).toMatchObject([
        { method: 'POST', path: `/dev/%40connections/${encodeURIComponent(CONNECTION_ID)}`.replace('%40', '@'), body: '{"text":"é☂"}' },
      ]);
    });

    test('signs what it sends, for execute-api, with the session token', async () => {
      await answering({});
      await poster.post(CONNECTION_ID, 'x');
      const [call] = stub.calls;
      expect(call?.headers['x-amz-security-token']).toBe('token');
      expect(call?.headers.authorization).toContain('/us-east-1/execute-api/aws4_request');
      expect(call && isSignedBy(call, 'secret')).toBe(true);
    });

    test('410 is gone, with the error type of API Gateway and without', async () => {
      await failing(410, 'GoneException');
      expect(await poster.post(CONNECTION_ID, 'x')).toEqual({ kind: 'gone' });
      await stub.stop();
      await answering({ status: 410, body: '' });
      expect(await poster.post(CONNECTION_ID, 'x')).toEqual({ kind: 'gone' });
    });

    test('429 is throttled, and is not tried again', async () => {
      await failing(429, 'LimitExceededException');
      expect(await poster.post(CONNECTION_ID, 'x')).toEqual({ kind: 'throttled' });
      expect(stub.calls).toHaveLength(1);
    });

    test.each([
      [413, 'PayloadTooLargeException'],
      [403, 'ForbiddenException'],
      [400, 'BadRequestException'],
    ])('%i is refused, and the reason says why', async (status, type) => {
      await failing(status, type);
      const outcome = await poster.post(CONNECTION_ID, 'x');
      expect(outcome).toEqual({ kind: 'refused', reason: expect.stringContaining(type) });
      expect(outcome).toMatchObject({ reason: expect.stringContaining('because') });
    });

    test('expired credentials are unavailable, for they will be renewed', async () => {
      await failing(403, 'ExpiredTokenException');
      expect(await poster.post(CONNECTION_ID, 'x')).toEqual({ kind: 'unavailable', reason: expect.stringContaining('ExpiredToken') });
    });

    test('500 is unavailable, and is not tried again', async () => {
      await failing(500, 'InternalServerError');
      expect(await poster.post(CONNECTION_ID, 'x')).toEqual({ kind: 'unavailable', reason: expect.stringContaining('500') });
      expect(stub.calls).toHaveLength(1);
    });

    test('an error page of something in between is unavailable', async () => {
      await answering({ status: 502, headers: { 'content-type': 'text/html' }, body: '<html>Bad Gateway</html>' });
      expect(await poster.post(CONNECTION_ID, 'x')).toEqual({ kind: 'unavailable', reason: expect.stringContaining('502') });
    });

    test('a broken connection is unavailable', async () => {
      await start(() => 'reset');
      expect(await poster.post(CONNECTION_ID, 'x')).toMatchObject({ kind: 'unavailable' });
    });

    test('nobody listening is unavailable', async () => {
      await answering({});
      await stub.stop();
      expect(await poster.post(CONNECTION_ID, 'x')).toMatchObject({ kind: 'unavailable' });
      stub = await startAwsStub(() => ({}));
    });

    test('no answer in time is unavailable', async () => {
      await start(() => 'hang', 200);
      expect(await poster.post(CONNECTION_ID, 'x')).toMatchObject({ kind: 'unavailable' });
    });

    test('an abort is unavailable, for the frame may be on its way', async () => {
      await start(() => 'hang');
      expect(await poster.post(CONNECTION_ID, 'x', AbortSignal.timeout(50))).toMatchObject({ kind: 'unavailable' });
      expect(await poster.post(CONNECTION_ID, 'x', AbortSignal.abort())).toMatchObject({ kind: 'unavailable' });
    });

    test('goes on after a broken connection', async () => {
      const behaviours: ('reset' | AwsResponse)[] = ['reset', {}];
      await start(() => behaviours.shift() ?? 'hang');
      await poster.post(CONNECTION_ID, 'x');
      expect(await poster.post(CONNECTION_ID, 'x')).toEqual({ kind: 'sent' });
    });
  });
}
