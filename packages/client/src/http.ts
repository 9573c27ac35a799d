import { HALF_JITTER, jittered } from '../../protocol/backoff.ts';
import type { AcceptedResponse, Problem } from '../../protocol/index.ts';
import { LanesError, NO_CONTENT } from './errors.ts';
import type { Feed } from './feed.ts';
import type { Tunables } from './options.ts';
import { parseObject, parseWholeNumber } from './parse.ts';
import type { TokenSource } from './token.ts';
import type { PublishAnswer, PublishRequest } from './types.ts';
import { type Guard, guard, type Limit, wait } from './wait.ts';

/** What transports over HTTP need. */
export interface HttpLane {
  /** Without a slash at the end. */
  readonly base: string;
  readonly token: TokenSource;
  readonly options: Tunables;
  readonly fetch: typeof fetch | undefined;
}

/** How often a refused token is replaced: a fresh one may end, too, before a busy server looks at it. */
const RENEWALS = 2;

/**
 * Sends a request to the SSE lane. If the token is refused, it is renewed: at once, and then after a wait. Resolves
 * when a successful response begins, with the token that was accepted.
 * @param watch aborts the request, and whatever is read of the response
 * @param limit from the moment at which the token is there
 * @throws LanesError with the server's code, status and detail
 */
export async function request(
  lane: HttpLane,
  path: string,
  init: RequestInit & { readonly headers: Record<string, string> },
  watch: Guard,
  limit: Limit,
): Promise<{ readonly response: Response; readonly bearer: string | undefined }> {
  const { signal } = watch;
  for (let refusals = 0; ; refusals++) {
    if (refusals > 1) await wait(jittered(lane.options.reconnectMinMs, HALF_JITTER), signal);
    const bearer = await lane.token.get(watch);
    watch.expect(...limit);
    const headers = { ...init.headers, ...(bearer && { authorization: `Bearer ${bearer}` }) };
    // The global is looked up for each request, so that a page may replace it, and called without an object,
    // since browsers refuse another `this`.
    const send = lane.fetch ?? fetch;
    const response = await send(lane.base + path, { cache: 'no-store', ...init, headers, signal });
    if (response.ok && response.status !== NO_CONTENT) return { response, bearer };
    const error = await toError(response);
    if (error.status !== 401 || refusals === RENEWALS || !lane.token.refuse(bearer)) throw error;
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
    const { response } = await request(lane, path, init, watch, [timeoutMs, 'no_answer', 'no answer']);
    return parseObject<T>(await response.text());
  } catch (thrown) {
    throw watch.signal.aborted ? watch.signal.reason : thrown;
  } finally {
    watch.release();
  }
}

/** The parameter with which a feed begins that has no cursor. */
export function lastOf({ last }: Feed): Record<string, string> {
  return last === undefined ? {} : { last: `${last}` };
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
  return requestJson<PublishAnswer | AcceptedResponse>(
    lane,
    `/v1/channels/${encodeURIComponent(channel)}/events`,
    init,
    signal,
    lane.options.answerTimeoutMs,
  ).then((answer) => ({ id: '', ...answer }));
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
