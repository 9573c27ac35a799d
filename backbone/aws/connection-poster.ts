import {
  type ApiGatewayManagementApiClient,
  ApiGatewayManagementApiServiceException,
  PostToConnectionCommand,
} from '@aws-sdk/client-apigatewaymanagementapi';
import { Sha256 } from '@smithy/core/checksum';
import { SignatureV4 } from '@smithy/signature-v4';
import { Pool } from 'undici';
import type { ConnectionPoster, PostOutcome } from '../ports.ts';

export interface SdkPosterOptions {
  /** Must not retry by itself (`maxAttempts: 1`), for the poster promises so: `createManagementClient` makes one. */
  readonly client: ApiGatewayManagementApiClient;
}

/** Posts through the SDK's client: for the few frames that answer a client. */
export function createSdkPoster({ client }: SdkPosterOptions): ConnectionPoster {
  return {
    async post(connectionId, frame, signal) {
      const command = new PostToConnectionCommand({ ConnectionId: connectionId, Data: Buffer.from(frame) });
      try {
        await client.send(command, signal === undefined ? {} : { abortSignal: signal });
        return { kind: 'sent' };
      } catch (error) {
        if (!(error instanceof ApiGatewayManagementApiServiceException)) return brokenConnection(error);
        return classifyAnswer(error.$metadata.httpStatusCode ?? 500, error.name, error.message);
      }
    },
  };
}

type SignerOptions = ConstructorParameters<typeof SignatureV4>[0];

export interface SignedPosterOptions {
  /** The management endpoint of the API's stage, `https://…/<stage>`. */
  readonly endpoint: string;
  readonly region: SignerOptions['region'];
  readonly credentials: SignerOptions['credentials'];
  /** Sockets, and so posts on their way at once. More posts wait. */
  readonly connections: number;
  /** How long the service may take for one answer. @default 3000 */
  readonly requestTimeoutMs?: number;
}

export interface SignedPoster extends ConnectionPoster {
  /** Closes the sockets once the posts on their way are answered. */
  close(): Promise<void>;
}

/**
 * Posts with a request of our own: for the fan-out, which posts the same frame to hundreds of connections.
 * The SDK's client spends several times the CPU on a post, on middleware that this one call has no use for.
 */
export function createSignedPoster(options: SignedPosterOptions): SignedPoster {
  const { endpoint, region, credentials, connections, requestTimeoutMs = 3_000 } = options;
  const url = new URL(endpoint);
  const basePath = url.pathname.replace(/\/$/, '');
  const signer = new SignatureV4({ service: 'execute-api', region, credentials, sha256: Sha256, applyChecksum: false });
  const pool = new Pool(url.origin, {
    connections,
    connect: { timeout: requestTimeoutMs },
    headersTimeout: requestTimeoutMs,
    bodyTimeout: requestTimeoutMs,
  });
  return {
    async post(connectionId, frame, signal) {
      const path = `${basePath}/@connections/${encodeURIComponent(connectionId)}`;
      const body = Buffer.from(frame);
      const { headers } = await signer.sign({
        method: 'POST',
        protocol: url.protocol,
        hostname: url.hostname,
        path,
        query: {},
        headers: { host: url.host },
        body,
      });
      try {
        const answer = await pool.request({ method: 'POST', path, headers, body, signal: signal ?? null });
        const text = await answer.body.text();
        return classifyAnswer(answer.statusCode, errorType(answer.headers['x-amzn-errortype']), errorMessage(text));
      } catch (error) {
        return brokenConnection(error);
      }
    },
    close: () => pool.close(),
  };
}

/** What an answer of `PostToConnection` means for the connection and for the caller. */
export function classifyAnswer(status: number, type: string, message: string): PostOutcome {
  const reason = [String(status), type, message].filter((part) => part !== '').join(' ');
  if (status >= 200 && status < 300) return { kind: 'sent' };
  if (status === 410) return { kind: 'gone' };
  if (status === 429) return { kind: 'throttled' };
  if (status >= 500) return { kind: 'unavailable', reason };
  return { kind: 'refused', reason };
}

/** `GoneException` from `GoneException:http://internal.amazon.com/…`, the form in which some services send it. */
function errorType(header: string | string[] | undefined): string {
  const [first = ''] = [header ?? ''].flat();
  return first.split(':')[0] ?? '';
}

/** Services send `{"message": "…"}`; whatever stands in between may send anything. */
function errorMessage(body: string): string {
  return body.slice(0, 200);
}

/** No answer came. Anything else that is thrown is no matter of the network, and nothing that a retry would mend. */
function brokenConnection(error: unknown): PostOutcome {
  const { name = '', code, message = '' } = error as { name?: string; code?: unknown; message?: string };
  const network = typeof code === 'string' || name === 'TimeoutError' || name === 'AbortError';
  if (!network) throw error;
  return { kind: 'unavailable', reason: `${name} ${message}` };
}
