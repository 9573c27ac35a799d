import type { IncomingMessage } from 'node:http';
import type { TaskBudget } from '../budget/task-budget.ts';

/**
 * `tooLarge`: above the limit. `overShare`: its sender has reached its share of bodies or of bytes in them,
 * or others needed what it had beyond its fair share.
 */
export type RequestBody<Result> =
  | { readonly kind: 'complete'; readonly result: Result }
  | { readonly kind: 'tooLarge' }
  | { readonly kind: 'overShare' };

export interface BodyLimits {
  readonly maxBytes: number;
  readonly budget: Pick<TaskBudget, 'memory' | 'bodies'>;
  /** The principal whose share the body is taken from. */
  readonly principal: string;
}

/**
 * An unwanted body is read to its end and discarded, up to this many times the limit: a client that is
 * disconnected while it sends never sees the response.
 */
const PATIENCE = 8;

/**
 * Reads a request's body and passes it to `work`. It counts against its sender's share until the work is
 * done. Rejects if the client leaves before the end of the body.
 */
export async function withBody<Result>(
  request: IncomingMessage,
  { maxBytes, budget, principal }: BodyLimits,
  work: (bytes: Buffer) => Promise<Result>,
): Promise<RequestBody<Result>> {
  const revoked = Promise.withResolvers<void>();
  const place = budget.bodies.reserve(principal, 1, revoked.resolve);
  const memory = budget.memory.reserve(principal, Math.min(maxBytes, declaredBytes(request)), revoked.resolve);
  try {
    if (place === undefined || memory === undefined) return { kind: 'overShare' };
    const takeAll = readAll(request, maxBytes, (bytes) => bytes <= memory.amount || memory.resize(bytes));
    // Avoids an unhandled rejection if the race below was already decided.
    takeAll.catch(() => {});
    const body = await Promise.race([takeAll, revoked.promise.then(() => 'overShare' as const)]);
    return typeof body === 'string' ? { kind: body } : { kind: 'complete', result: await work(body) };
  } finally {
    place?.release();
    memory?.release();
  }
}

/** The length that the client declares; 0 if it declares none. */
function declaredBytes(request: IncomingMessage): number {
  return Number(request.headers['content-length'] ?? 0);
}

/** The first buffer for a body without a declared length. */
const FIRST_BYTES = 1_024;

/**
 * A body may arrive in this many pieces of any size, plus one more for every SMALL_BYTES bytes. Node makes a
 * buffer of each piece, which costs far more than it holds until it is collected: 20 clients with pieces of
 * one byte took 400 MB. No real client writes so little at a time.
 */
const SMALL_PIECES = 1_000;
const SMALL_BYTES = 16;

/** @param hold asks for room for this many bytes in total */
async function readAll(
  request: IncomingMessage,
  maxBytes: number,
  hold: (bytes: number) => boolean,
): Promise<Buffer | 'tooLarge' | 'overShare'> {
  // All chunks are copied into one buffer: a chunk of one byte takes hundreds, and the client chooses how
  // small its chunks are. For the same reason none may wait in a queue to be read, as with an iterator.
  let body: Buffer = Buffer.alloc(0);
  let bytes = 0;
  let held = true;
  let pieces = 0;
  const take = (chunk: Buffer): void => {
    const end = bytes + chunk.length;
    if (held && end > body.length) {
      const size = Math.min(maxBytes, Math.max(end, body.length * 2, FIRST_BYTES, declaredBytes(request)));
      held = end <= maxBytes && hold(size);
      body = held ? grown(body, size) : Buffer.alloc(0);
    }
    if (held) chunk.copy(body, bytes);
    bytes = end;
    pieces++;
    if (bytes > maxBytes * PATIENCE) request.destroy(new Error(`a body of ${bytes} bytes is too large`));
    if (pieces > SMALL_PIECES + bytes / SMALL_BYTES)
      request.destroy(new Error(`a body of ${bytes} bytes arrived in ${pieces} pieces, which is too many`));
  };
  await new Promise<void>((resolve, reject) => {
    request.on('data', take).on('end', resolve).on('error', reject);
    request.on('close', () => reject(new Error('the client has left before the end of its request')));
  });
  if (bytes > maxBytes) return 'tooLarge';
  return held ? body.subarray(0, bytes) : 'overShare';
}

function grown(body: Buffer, size: number): Buffer {
  const larger = Buffer.allocUnsafeSlow(size);
  body.copy(larger);
  return larger;
}
