import type { Problem } from '../../protocol/index.ts';
import { LanesError } from './errors.ts';
import type { Tunables } from './options.ts';
import { parseObject, parseWholeNumber } from './parse.ts';
import type { TokenSource } from './token.ts';
import type { PublishAnswer, PublishRequest } from './types.ts';
import { guard } from './wait.ts';

/** What transports over HTTP need. */
export interface HttpLane {
  /** Without a slash at the end. */
  readonly base: string;
  readonly token: TokenSource;
  readonly options: Tunables;
  readonly fetch: typeof fetch | undefined;
}

/**
 * Sends a request to the SSE lane. If the token is refused, it is renewed once. Resolves when a successful
 * response begins.
 * @throws LanesError with the server's code, status and detail
 */
export async function request(
  lane: HttpLane,
  path: string,
  init: RequestInit & { readonly headers: Record<string, string> },
): Promise<Response> {
  for (let renewed = false; ; renewed = true) {
    const bearer = await lane.token.get();
    const headers = bearer === undefined ? init.headers : { ...init.headers, authorization: `Bearer ${bearer}` };
    // The global is looked up for each request, so that a page may replace it, and called without an object,
    // since browsers refuse another `this`.
    const send = lane.fetch ?? fetch;
    const response = await send(lane.base + path, { cache: 'no-store', ...init, headers });
    if (response.ok) return response;
    if (response.status !== 401 || renewed || !lane.token.refuse(bearer)) throw await toError(response);
    await response.body?.cancel();
  }
}

/** Reads JSON, all of which must arrive within `timeoutMs`. */
export async function requestJson<T extends object>(
  lane: HttpLane,
  path: string,
  init: Parameters<typeof request>[2],
  signal: AbortSignal,
  timeoutMs: number,
): Promise<T> {
  const watch = guard(signal);
  try {
    watch.expect(timeoutMs, 'no_answer', 'no answer');
    const response = await request(lane, path, { ...init, signal: watch.signal });
    return parseObject<T>(await response.text());
  } catch (thrown) {
    throw watch.signal.aborted ? watch.signal.reason : thrown;
  } finally {
    watch.release();
  }
}

/**
 * Publishes once. After an error, the event may or may not have been published: try again with the same key.
 */
export function publishByHttp(
  lane: HttpLane,
  channel: string,
  { key, ...content }: PublishRequest,
  signal: AbortSignal,
): Promise<PublishAnswer> {
  const init = {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'idempotency-key': key },
    body: JSON.stringify(content),
  };
  return requestJson(lane, `/v1/channels/${encodeURIComponent(channel)}/events`, init, signal, lane.options.answerTimeoutMs);
}

async function toError(response: Response): Promise<LanesError> {
  const { status } = response;
  const problem = await response
    .text()
    .then((text) => parseObject<Partial<Problem>>(text))
    .catch((): Partial<Problem> => ({}));
  const retryAfterMs = parseRetryAfter(response.headers.get('retry-after'));
  return new LanesError(problem.code ?? `http_${status}`, problem.detail ?? `the server answered ${status}`, { status, retryAfterMs });
}

/** Seconds or an HTTP date. */
function parseRetryAfter(value: string | null): number | undefined {
  if (value === null) return undefined;
  const seconds = parseWholeNumber(value);
  const ms = seconds === undefined ? Date.parse(value) - Date.now() : seconds * 1_000;
  return Number.isNaN(ms) ? undefined : Math.max(0, ms);
}
