import type { IncomingMessage } from 'node:http';

export type RequestBody = { readonly kind: 'complete'; readonly bytes: Buffer } | { readonly kind: 'tooLarge' };

/** A body beyond the limit is read to its end and thrown away, up to this many times the limit: a client that is cut off while it sends sees no answer. */
const PATIENCE = 8;

/** Reads a request's body. Rejects when the client goes away before its end. */
export async function readBody(request: IncomingMessage, limitBytes: number): Promise<RequestBody> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes <= limitBytes) chunks.push(chunk);
    else chunks.length = 0;
    if (bytes > limitBytes * PATIENCE) break;
  }
  return bytes > limitBytes ? { kind: 'tooLarge' } : { kind: 'complete', bytes: Buffer.concat(chunks) };
}
