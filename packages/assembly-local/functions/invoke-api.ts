import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { AwsError } from '../endpoint/aws-error.ts';
import { readBody } from '../endpoint/body.ts';
import type { Access } from '../iam/access.ts';
import type { Functions } from './functions.ts';

/** Lambda accepts and returns at most 6 MB. */
const MAX_PAYLOAD_BYTES = 6 * 1024 * 1024;

/** `Invoke`, the only operation of Lambda's API that programs use. */
export async function handleInvoke(
  request: IncomingMessage,
  response: ServerResponse,
  { functions, access }: { readonly functions: Functions; readonly access: Access },
): Promise<void> {
  const requestId = randomUUID();
  const send = (status: number, body: string, headers: Record<string, string> = {}) => {
    response.writeHead(status, { 'content-type': 'application/json', 'x-amzn-requestid': requestId, ...headers });
    response.end(body);
  };
  try {
    const [, name] = /^\/2015-03-31\/functions\/([^/]+)\/invocations\/?(?:\?.*)?$/.exec(request.url ?? '') ?? [];
    if (name === undefined || request.method !== 'POST') {
      throw new AwsError('UnsupportedOperation', `The local endpoint does not emulate Lambda ${request.method} ${request.url}.`);
    }
    const fn = functions.find(decodeURIComponent(name));
    access.check(request.headers, () => [{ action: 'lambda:InvokeFunction', resource: fn.arn }]);
    const payload = await readPayload(request);
    switch (request.headers['x-amz-invocation-type'] ?? 'RequestResponse') {
      case 'DryRun':
        return send(204, '');
      case 'Event':
        functions.invokeAsync(fn, payload);
        return send(202, '');
      default: {
        const outcome = await fn.invoke(payload, requestId);
        const headers = { 'x-amz-executed-version': '$LATEST' };
        if (outcome.kind === 'result') return send(200, outcome.payload, headers);
        return send(200, JSON.stringify(outcome.error), { ...headers, 'x-amz-function-error': 'Unhandled' });
      }
    }
  } catch (cause) {
    const error = cause instanceof AwsError ? cause : new AwsError('ServiceException', String(cause), { status: 500, cause });
    send(error.status, JSON.stringify({ Type: 'User', Message: error.message, message: error.message }), {
      'x-amzn-errortype': error.code,
    });
  }
}

async function readPayload(request: IncomingMessage): Promise<string> {
  const body = await readBody(request, MAX_PAYLOAD_BYTES);
  if (body === undefined) {
    throw new AwsError('RequestTooLargeException', `The payload exceeds ${MAX_PAYLOAD_BYTES} bytes.`, { status: 413 });
  }
  const payload = body.length === 0 ? '{}' : body.toString('utf8');
  try {
    JSON.parse(payload);
  } catch (cause) {
    throw new AwsError('InvalidRequestContentException', `Could not parse request body into json: ${String(cause)}`, { cause });
  }
  return payload;
}
