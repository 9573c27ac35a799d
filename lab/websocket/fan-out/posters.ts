import { ApiGatewayManagementApiClient } from '@aws-sdk/client-apigatewaymanagementapi';
import { Sha256 } from '@smithy/core/checksum';
import { SignatureV4 } from '@smithy/signature-v4';
import { Pool } from 'undici';
import { classifyAnswer, createSdkPoster } from '../../../lambda/websocket/aws/connection-poster.ts';
import { createSignedPoster } from '../../../lambda/websocket/aws/signed-poster.ts';
import type { ConnectionPoster } from '../../../lambda/websocket/ports.ts';

/** Ways to post to a connection that are compared. */
export const POSTERS = ['ours', 'signature-v4 + undici', 'AWS SDK'] as const;
export type PosterName = (typeof POSTERS)[number];

/** As long as those of a function's role: every post carries and signs the token. */
const credentials = {
  accessKeyId: 'ASIAEXAMPLEEXAMPLE00',
  secretAccessKey: 'x'.repeat(40),
  sessionToken: 'IQoJb3JpZ2luX2VjE'.padEnd(800, 'x'),
};
const region = 'us-east-1';

/** @param connections sockets; the SDK's client keeps its own default of 50 */
export function createPoster(name: PosterName, endpoint: string, connections: number): ConnectionPoster {
  switch (name) {
    case 'ours':
      return createSignedPoster({ endpoint, region, credentials, connections });
    case 'signature-v4 + undici':
      return createPlainPoster(endpoint, connections);
    case 'AWS SDK':
      return createSdkPoster({ client: new ApiGatewayManagementApiClient({ endpoint, region, credentials }) });
  }
}

/** Well-kept parts put together in the obvious way: every request signed from scratch, and sent by undici's `request`. */
function createPlainPoster(endpoint: string, connections: number): ConnectionPoster {
  const url = new URL(endpoint);
  const signer = new SignatureV4({ service: 'execute-api', region, credentials, sha256: Sha256, applyChecksum: false });
  const pool = new Pool(url.origin, { connections });
  return {
    async post(connectionId, frame) {
      const path = `${url.pathname}/@connections/${encodeURIComponent(connectionId)}`;
      const body = Buffer.from(frame);
      const { protocol, hostname, host } = url;
      const { headers } = await signer.sign({ method: 'POST', protocol, hostname, path, query: {}, headers: { host }, body });
      const answer = await pool.request({ method: 'POST', path, headers, body });
      return classifyAnswer(answer.statusCode, String(answer.headers['x-amzn-errortype'] ?? ''), await answer.body.text());
    },
  };
}

/** Ids as API Gateway makes them: base64 of 11 bytes. */
export function connectionIds(count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => {
    const bytes = Buffer.alloc(11);
    bytes.writeUInt32BE(index, 0);
    bytes.writeUInt32BE(Math.imul(index, 0x9e3779b1) >>> 0, 7);
    return bytes.toString('base64url').concat('=');
  }).sort();
}
