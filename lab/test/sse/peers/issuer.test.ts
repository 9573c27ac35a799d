import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from '@jest/globals';
import { createJwtVerifier } from '../../../../backbone/tokens/jwt-verifier.ts';
import { createIssuer } from '../../../sse/peers/servers/issuer.ts';

test('the service believes the token, and it allows everything', async () => {
  const { jwks, token } = await createIssuer('http://bench.invalid', 'bench');
  const keys = createServer((_request, response) => response.end(jwks)).listen(0, '127.0.0.1');
  await once(keys, 'listening');
  const jwksUri = `http://127.0.0.1:${(keys.address() as AddressInfo).port}/`;

  const access = await createJwtVerifier({ issuer: 'http://bench.invalid', audience: 'bench', jwksUri }).verify(token);

  expect(access).toMatchObject({ principal: 'bench', rights: { subscribe: ['*'], publish: ['*'] } });
  keys.closeAllConnections();
  keys.close();
});
