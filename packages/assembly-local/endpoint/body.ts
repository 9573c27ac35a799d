import type { IncomingMessage } from 'node:http';

/**
 * The body of a request, or undefined if it is larger than the limit: the rest is then read and dropped.
 * Rejects if the client leaves before the end. Uses events, because iterating over a request costs more than
 * everything else that a post needs here.
 */
export function readBody(request: IncomingMessage, maxBytes: number): Promise<Buffer | undefined> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer | undefined>();
  const chunks: Buffer[] = [];
  let bytes = 0;
  request.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes <= maxBytes) chunks.push(chunk);
  });
  request.on('end', () => resolve(bytes > maxBytes ? undefined : Buffer.concat(chunks)));
  request.on('error', reject);
  return promise;
}
