import type { Lane } from './regions.ts';
import { LANES } from './regions.ts';

/** An OpenID Connect issuer, as a stage names it. */
export interface NamedIssuer {
  readonly url: string;
  readonly audience: string;
  readonly jwksUri: string;
  /** For the console, which goes with the SSE lane. */
  readonly clientId?: string | undefined;
}

/** Whose tokens a project takes: its own Cognito user pool's, or an issuer's. */
export type Auth = 'cognito' | NamedIssuer;

/** What `npm run init` has to know. */
export interface Answers {
  /** Of the package: lower-case words joined by `-`. */
  readonly name: string;
  readonly lanes: readonly Lane[];
  readonly edge: 'alb' | 'cloudfront';
  readonly auth: Auth;
  readonly region: string;
}

/** An answer that makes no sense. The message names it and says what would. */
export class InvalidAnswerError extends Error {
  override readonly name = 'InvalidAnswerError';
}

const invalid = (what: string, value: string, wanted: string) =>
  new InvalidAnswerError(`${what}: ${JSON.stringify(value)} is not valid: ${wanted}`);

/** Reads one answer from a text, as a flag or a line typed at a prompt. Each throws {@link InvalidAnswerError}. */
export const READ = {
  name(value: string): string {
    // Stack names begin with it, and AWS takes 128 characters for them; queue names begin with stack names, and take 80.
    if (/^(?=.{1,20}$)[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(value)) return value;
    throw invalid('name', value, '1 to 20 characters, lower-case words joined by "-", such as "order-feed"');
  },
  lanes(value: string): readonly Lane[] {
    if (value === 'both') return LANES;
    const lane = LANES.find((known) => known === value);
    if (lane === undefined) throw invalid('lanes', value, `${LANES.join(', ')} or both`);
    return [lane];
  },
  edge(value: string): Answers['edge'] {
    if (value === 'alb' || value === 'cloudfront') return value;
    throw invalid('edge', value, 'alb (a domain and certificate of your own) or cloudfront (neither is needed)');
  },
  region(value: string): string {
    if (/^[a-z]{2}(-[a-z]+)+-\d$/.test(value)) return value;
    throw invalid('region', value, 'the name of an AWS region, such as eu-central-1');
  },
  url(what: string, value: string): string {
    if (URL.parse(value)?.protocol === 'https:') return value;
    throw invalid(what, value, 'a URL of https:');
  },
  audience(value: string): string {
    if (value.trim() !== '') return value;
    throw invalid('audience', value, 'the aud of the tokens, or their client_id');
  },
  clientId(value: string): string {
    if (value.trim() !== '') return value;
    throw invalid('client-id', value, "the issuer's public client with which the console signs users in");
  },
};

/** Whether somebody signs in at the console, which the service of the SSE lane has. */
export const hasConsole = (lanes: readonly Lane[]): boolean => lanes.includes('sse');

/** `order-feed` begins stack names as `OrderFeed`. */
export function stackPrefix(name: string): string {
  return name
    .split('-')
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('');
}
