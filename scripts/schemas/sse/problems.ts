import type { AccessDeniedCode } from '../../../backbone/domain/access.ts';
import type { ProblemCode } from '../../../fargate/sse/http/reply.ts';
import type { InvalidInputCode } from '../../../packages/protocol/invalid-input.ts';
import type { Same } from '../../../packages/protocol/schema/same.ts';
import { type Json, referenceTo } from '../json-schema.ts';

type Code = ProblemCode | InvalidInputCode | AccessDeniedCode;

/** What a status means, and the codes of its problems. */
const PROBLEMS = {
  '400': {
    name: 'BadRequest',
    means: 'The request is not valid',
    codes: [
      'bad_request',
      'invalid_parameter',
      'invalid_channel',
      'too_many_channels',
      'too_many_events',
      'invalid_cursor',
      'invalid_type',
      'invalid_data',
      'invalid_key',
      'invalid_body',
    ],
  },
  '401': { name: 'Unauthorized', means: 'There is no valid token', codes: ['unauthorized', 'token_expired'] },
  '403': { name: 'Forbidden', means: 'The token, or the page that sent the request, may not do this', codes: ['forbidden'] },
  '406': { name: 'NotAcceptable', means: 'Accept allows neither a stream nor a poll', codes: ['not_acceptable'] },
  '409': {
    name: 'Conflict',
    means: 'The idempotency key was used for other content, or the latest channel has too many keys',
    codes: ['idempotency_conflict', 'too_many_keys'],
  },
  '413': { name: 'TooLarge', means: 'The data is too large', codes: ['data_too_large'] },
  '415': { name: 'UnsupportedMediaType', means: 'The body must be JSON, not encoded', codes: ['unsupported_media_type'] },
  '429': {
    name: 'TooManyRequests',
    means: 'A limit per user was reached',
    codes: ['too_many_streams', 'too_many_publications', 'too_many_requests'],
  },
  '500': { name: 'InternalError', means: 'The service has failed, and logged why', codes: ['internal'] },
  '503': {
    name: 'Unavailable',
    means: 'Try again: nothing is wrong with the request',
    codes: ['task_full', 'task_draining', 'unavailable'],
  },
} as const satisfies Readonly<Record<string, { readonly name: string; readonly means: string; readonly codes: readonly Code[] }>>;

type Status = keyof typeof PROBLEMS;

/** What no operation answers: there is no such operation, or no request that could be read. The last two are for frames. */
type Elsewhere = 'not_found' | 'method_not_allowed' | 'headers_too_large' | 'request_timeout' | 'invalid_frame' | 'unknown_action';

// A new code needs its place here.
true satisfies Same<Exclude<Code, Elsewhere>, (typeof PROBLEMS)[Status]['codes'][number]>;

/** The entries of `components.responses`. */
export function problemResponses(): Json {
  return Object.fromEntries(
    Object.entries(PROBLEMS).map(([status, { name, means, codes }]) => [
      name,
      {
        description: `${means}. \`code\`: ${codes.join(', ')}`,
        ...headersOf(status),
        content: { 'application/problem+json': { schema: referenceTo('schemas', 'Problem') } },
      },
    ]),
  );
}

/** References for the `responses` of an operation. */
export function problems(...statuses: readonly Status[]): { readonly [status: string]: Json } {
  return Object.fromEntries(statuses.map((status) => [status, referenceTo('responses', PROBLEMS[status].name)]));
}

function headersOf(status: string): { readonly headers?: Json } {
  if (status === '401') return { headers: { 'WWW-Authenticate': { schema: { type: 'string' } } } };
  if (status === '429' || status === '503') return { headers: { 'Retry-After': { description: 'Seconds', schema: { type: 'integer' } } } };
  return {};
}
