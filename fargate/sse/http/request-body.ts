import type { IncomingMessage } from 'node:http';
import type { TaskBudget } from '../budget/task-budget.ts';

/**
 * `tooLarge`: beyond the limit. `overShare`: its sender has as many bodies here, or as many bytes in them, as it may have, or
 * others needed what it had beyond its fair share.
 */
export type RequestBody<Result> =
  | { readonly kind: 'complete'; readonly result: Result }
  | { readonly kind: 'tooLarge' }
  | { readonly kind: 'overShare' };

export interface BodyLimits {
  readonly maxBytes: number;
  readonly budget: Pick<TaskBudget, 'memory' | 'bodies'>;
  /** Whose share the body is taken from. */
  readonly principal: string;
}

/** A body that is not wanted is read to its end and thrown away, up to this many times the limit: a client that is cut off while it sends sees no answer. */
const PATIENCE = 8;

/**
 * Reads a request's body and hands it on. It counts against its sender's share until the work on it is done.
 * Rejects when the client goes away before the body's end.
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
    // Whoever has stopped waiting for the rest does not hear how it ended.
    takeAll.catch(() => {});
    const body = await Promise.race([takeAll, revoked.promise.then(() => 'overShare' as const)]);
    return typeof body === 'string' ? { kind: body } : { kind: 'complete', result: await work(body) };
  } finally {
    place?.release();
    memory?.release();
  }
}

/** What the client says that it sends; 0 where it does not say. */
function declaredBytes(request: IncomingMessage): number {
  return Number(request.headers['content-length'] ?? 0);
}

/** Of a body whose length nobody has announced. */
const FIRST_BYTES = 1_024;

/**
 * A body may come in so many pieces of any size, and one more for every so many bytes. Node makes a buffer of each piece, which costs
 * far more than it holds until garbage is collected: 20 clients with pieces of one byte took 400 MB. No client writes so little at a time.
 */
const SMALL_PIECES = 1_000;
const SMALL_BYTES = 16;

/** @param hold asks for room for so many bytes in all */
async function readAll(
  request: IncomingMessage,
  maxBytes: number,
  hold: (bytes: number) => boolean,
): Promise<Buffer | 'tooLarge' | 'overShare'> {
  // One piece of memory: a chunk of one byte takes hundreds, and a client chooses how small its chunks are. So none may wait
  // to be read either, as they do for an iterator.
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
    if (bytes > maxBytes * PATIENCE) request.destroy(new Error(`a body of more than ${bytes} bytes`));
    if (pieces > SMALL_PIECES + bytes / SMALL_BYTES) request.destroy(new Error(`a body in ${pieces} pieces of ${bytes} bytes`));
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
