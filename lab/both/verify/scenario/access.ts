import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { WebSocket } from 'ws';
import { check, type Step, waitFor } from '../../../../scripts/verify-stage/scenario/step.ts';
import { clientSettings } from '../../chaos/aws-access.ts';
import { physicalId } from '../deployment.ts';
import type { World } from './world.ts';

/** Fetches a stream of one channel, and gives it up as soon as it is known how the answer begins. */
async function statusOfStream({ http }: World, channel: string, token?: string): Promise<number> {
  const headers = { accept: 'text/event-stream', ...(token !== undefined && { authorization: `Bearer ${token}` }) };
  const response = await fetch(`${http}/v1/events?channel=${channel}`, { headers });
  await response.body?.cancel();
  return response.status;
}

/** Resolves with whether the upgrade is accepted. The emulator refuses with 403, whatever status `$connect` gives. */
function opens({ websocket }: World, token?: string): Promise<boolean> {
  const socket = new WebSocket(websocket, token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } });
  return new Promise((resolve) => {
    socket.once('open', () => {
      socket.close();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

export const refusals: Step<World> = {
  name: 'without a token, with a wrong one and on a channel that it does not allow, nothing is given',
  async run(world) {
    const { issuer } = world;
    const narrow = issuer.issue({ subscribe: ['orders.*'], publish: [] });
    const foreign = issuer.issue({ claims: { aud: 'somebody-else' } });
    const statuses = {
      'no token': await statusOfStream(world, 'orders.1'),
      'a token for another audience': await statusOfStream(world, 'orders.1', foreign),
      'a token for other channels': await statusOfStream(world, 'chat', narrow),
      'a token for the channel': await statusOfStream(world, 'orders.1', narrow),
    };
    const said = JSON.stringify(statuses);
    check(said === JSON.stringify({ ...statuses, ...EXPECTED }), `expected ${JSON.stringify(EXPECTED)}, got ${said}`);
    const sockets = [await opens(world), await opens(world, foreign), await opens(world, narrow)];
    check(sockets.join() === 'false,false,true', `sockets without a token, with a foreign and with a good one: ${sockets.join()}`);
    return `streams answered ${Object.values(statuses).join(', ')}; sockets refused 2, opened 1`;
  },
};

const EXPECTED = {
  'no token': 401,
  'a token for another audience': 401,
  'a token for other channels': 403,
  'a token for the channel': 200,
};

const SHORT_SECONDS = 3;

export const endOfToken: Step<World> = {
  name: 'streams and sockets end with their token',
  async run(world) {
    const token = world.issuer.issue({ expiresInSeconds: SHORT_SECONDS });
    const socket = new WebSocket(world.websocket, { headers: { authorization: `Bearer ${token}` } });
    let closed = false;
    socket.on('close', () => {
      closed = true;
    });
    await waitFor(
      () => socket.readyState === WebSocket.OPEN,
      () => 'the socket did not open',
    );
    const response = await fetch(`${world.http}/v1/events?channel=verify.token`, {
      headers: { accept: 'text/event-stream', authorization: `Bearer ${token}` },
    });
    const text = await response.text();
    check(text.includes('event: expired'), `the stream ended with ${JSON.stringify(text.slice(-200))}`);
    // The schedule is once a minute; what it starts is started by hand here, as often as it takes.
    const lambda = new LambdaClient(clientSettings(world.aws));
    const FunctionName = physicalId(world.deployment, 'AWS::Lambda::Function', 'ExpiryHandler');
    try {
      await waitFor(
        async () => {
          const { FunctionError } = await lambda.send(new InvokeCommand({ FunctionName }));
          check(FunctionError === undefined, `the function that ends connections failed: ${FunctionError}`);
          return closed;
        },
        () => 'the socket of an expired token is still open',
      );
    } finally {
      lambda.destroy();
      socket.terminate();
    }
    return `1 stream told of it, 1 socket closed, ${SHORT_SECONDS} s after the token was issued`;
  },
};
