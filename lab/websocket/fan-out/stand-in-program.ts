/**
 * Stands in for the management API where sockets do not matter, or where there are more connections than one machine
 * holds sockets: answers posts with little CPU, as fast as the limit allows, and notes who got what.
 */
import { createServer, type Socket } from 'node:net';
import { LOOPBACK, listen } from '../../../packages/assembly-local/loopback.ts';
import { answerQuestions } from './program.ts';

/** A token bucket: API Gateway has one for all requests of an account in a Region. */
export interface RateLimit {
  readonly perSecond: number;
  readonly burst: number;
}

/** Starts anew, with no post noted. */
export interface StandInQuestion {
  /** @default none */
  readonly limit?: RateLimit;
}

/** Where it listens, and what has happened since the last question. */
export interface StandInReply {
  readonly endpoint: string;
  /** Connections that got the frame. */
  readonly reached: number;
  /** Frames above one per connection. */
  readonly doubled: number;
  /** Posts that were answered 429. */
  readonly throttled: number;
}

const response = (status: string, headers = '') =>
  `HTTP/1.1 ${status}\r\nx-amzn-RequestId: 00000000-0000-0000-0000-000000000000\r\n${headers}Content-Length: 2\r\n\r\n{}`;
const SENT = response('200 OK');
const THROTTLED = response('429 Too Many Requests', 'x-amzn-ErrorType: LimitExceededException\r\n');

const got = new Map<string, number>();
let throttled = 0;
let limit: RateLimit | undefined;
let tokens = 0;
let filledAtMs = 0;

function takeToken(): boolean {
  if (limit === undefined) return true;
  const nowMs = performance.now();
  tokens = Math.min(limit.burst, tokens + ((nowMs - filledAtMs) * limit.perSecond) / 1_000);
  filledAtMs = nowMs;
  if (tokens < 1) return false;
  tokens -= 1;
  return true;
}

function answerTo(head: string): string {
  if (!takeToken()) {
    throttled++;
    return THROTTLED;
  }
  const path = head.slice(0, head.indexOf(' ', 5));
  got.set(path, (got.get(path) ?? 0) + 1);
  return SENT;
}

function serve(socket: Socket): void {
  let pending: Buffer = Buffer.alloc(0);
  socket.setNoDelay(true);
  socket.on('error', () => socket.destroy());
  socket.on('data', (chunk) => {
    pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk]);
    for (;;) {
      const headBytes = pending.indexOf('\r\n\r\n');
      if (headBytes < 0) return;
      const head = pending.toString('latin1', 0, headBytes);
      const end = headBytes + 4 + Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1] ?? 0);
      if (pending.length < end) return;
      pending = pending.subarray(end);
      socket.write(answerTo(head));
    }
  });
}

const port = await listen(createServer(serve));

answerQuestions((question: StandInQuestion): StandInReply => {
  let doubled = 0;
  for (const times of got.values()) doubled += times - 1;
  const answer = { endpoint: `http://${LOOPBACK}:${port}/dev`, reached: got.size, doubled, throttled };
  got.clear();
  throttled = 0;
  limit = question.limit;
  tokens = limit?.burst ?? 0;
  filledAtMs = performance.now();
  return answer;
});
