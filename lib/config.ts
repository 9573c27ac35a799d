import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import * as v from 'valibot';
import { between, maxThroughput } from './config-values.ts';
import { edgeConfig } from './edge/edge-config.ts';
import { sseConfig } from './sse/sse-config.ts';
import { websocketConfig } from './websocket/websocket-config.ts';

const TEN_YEARS_IN_HOURS = 24 * 365 * 10;

/** Days for which CloudWatch can keep a log group; any other number fails at deploy. */
const LOG_RETENTION_DAYS = Object.values(RetentionDays).filter(
  (days): days is RetentionDays => typeof days === 'number' && days !== RetentionDays.INFINITE,
);

const logRetentionDays = v.picklist(LOG_RETENTION_DAYS);

const httpsUrl = v.pipe(v.string(), v.url(), v.startsWith('https://', 'a URL of https:'));

/** As browsers send it: no path, no slash at the end. */
const origin = v.pipe(
  v.string(),
  v.check((text) => URL.canParse(text) && new URL(text).origin === text, 'an origin such as https://app.example.com'),
);

const auth = v.strictObject({
  /** Whose tokens are taken. Left out: a Cognito user pool of the stage's own. */
  issuer: v.optional(
    v.strictObject({
      /** `iss` of its tokens, as they have it. */
      url: httpsUrl,
      /** Their `aud`, or `client_id` where they have no `aud`. */
      audience: v.pipe(v.string(), v.nonEmpty()),
      /** Where its keys are: `jwks_uri` of its discovery document. */
      jwksUri: v.pipe(
        httpsUrl,
        v.check((text) => new URL(text).port === '', 'a URL of port 443: tasks may call no other'),
      ),
      /** Its public client for the console, which signs users in there by the authorization code flow with PKCE. */
      clientId: v.optional(v.pipe(v.string(), v.nonEmpty())),
      /** Origin of its `token_endpoint`, where it is not that of `url`: the console may connect to no other. */
      tokenOrigin: v.optional(origin),
    }),
  ),
  /**
   * Whether streams, polls and sockets take a token in the query, where proxies and the load balancer's access logs see it.
   * Off in production, always: the load balancer writes the whole request line into its log and can leave nothing out.
   */
  queryToken: v.boolean(),
  /** Origins of pages that may use the lanes, with cookies. The lane's own pages need none. */
  origins: v.array(origin),
});

const backbone = v.strictObject({
  /** How long an event can be replayed. Clients that come back later are told so by a `reset`. */
  retentionHours: between(1, TEN_YEARS_IN_HOURS),
  /** After this long a consumer buries a hole in a channel instead of waiting for its event. */
  holeGraceMs: between(1, 600_000),
  /** A publisher gives up a position that it has not written by then. */
  publishTimeoutMs: between(1, 600_000),
  /** How long the publish function may run. */
  publishFunctionTimeoutSeconds: between(1, 900),
  /** Of the event log. An event of up to 1 KB takes two write units, a third and a fourth with an idempotency key, and one more per further KB. */
  maxThroughput,
});

// lane: sse
/** Whether an address is in S3 of a region, which a VPC reaches through its gateway endpoint. */
const isInS3 = (address: string, region: string): boolean => `.${new URL(address).hostname}`.endsWith(`.s3.${region}.amazonaws.com`);
// end lane

const regionOf = (arn: string): string | undefined => arn.split(':')[3];

const shape = v.strictObject({
  /** Name of the stage: part of the stacks' names and of the WebSocket URL. */
  id: v.pipe(v.string(), v.regex(/^[a-z][a-z0-9]{0,15}$/, '1 to 16 lower-case letters and digits, a letter first')),
  region: v.pipe(v.string(), v.regex(/^[a-z]{2}(-[a-z]+)+-\d$/, 'the name of an AWS region')),
  /** Keep data when a stack is deleted, guard it against deletion, and back up the log. */
  production: v.boolean(),
  logRetentionDays,
  auth,
  backbone,
  // lane: websocket
  websocket: websocketConfig,
  // end lane
  // lane: sse
  sse: sseConfig,
  // end lane
  edge: edgeConfig,
});

const schema = v.pipe(
  shape,
  v.forward(
    v.partialCheck(
      [['region'], ['edge']],
      ({ region, edge }) => edge.type !== 'alb' || regionOf(edge.certificateArn) === region,
      'its certificate must be of the same region as the stage: the load balancer takes no other',
    ),
    ['edge'],
  ),
  v.forward(
    v.partialCheck(
      [['edge']],
      ({ edge }) => edge.type !== 'cloudfront' || edge.certificateArn === undefined || regionOf(edge.certificateArn) === 'us-east-1',
      'its certificate must be of us-east-1: CloudFront takes no other',
    ),
    ['edge'],
  ),
  v.forward(
    v.partialCheck(
      [['edge']],
      ({ edge }) =>
        edge.type !== 'cloudfront' ||
        (edge.host === undefined || edge.host.endsWith('.cloudfront.net')) === (edge.certificateArn === undefined),
      'a host of its own and a certificate for it go together: CloudFront has one for the hosts that it assigns, and for no other',
    ),
    ['edge'],
  ),
  v.forward(
    v.partialCheck(
      [['production'], ['edge']],
      ({ production, edge }) => !(production && edge.type === 'alb' && edge.plainHttp === 'forward'),
      'plainHttp must be redirect, in production: what is forwarded in the clear can be read on the way',
    ),
    ['edge'],
  ),
  // lane: sse
  v.forward(
    v.partialCheck(
      [['edge'], ['sse', 'rollout']],
      ({ edge, sse: { rollout } }) => rollout.type === 'rolling' || edge.type !== 'alb' || edge.plainHttp === 'redirect',
      'canary goes with plainHttp: redirect: ECS moves the requests of one listener, and those in the clear would stay with tasks that are gone',
    ),
    ['sse', 'rollout'],
  ),
  v.forward(
    v.partialCheck(
      [['region'], ['auth', 'issuer'], ['sse', 'network']],
      ({ region, auth: { issuer }, sse: { network } }) =>
        network.type === 'nat' || (issuer !== undefined && isInS3(issuer.jwksUri, region)),
      'endpoints reach the keys of an issuer only if auth.issuer.jwksUri is in S3 of the region: Cognito serves no user pool with a sign-in page to an endpoint, and other issuers are on the internet',
    ),
    ['sse', 'network'],
  ),
  v.forward(
    v.partialCheck(
      [
        ['auth', 'issuer'],
        ['sse', 'console'],
      ],
      ({ auth: { issuer }, sse }) => !sse.console || issuer === undefined || issuer.clientId !== undefined,
      'the console signs users in as a client of the issuer: name it in auth.issuer.clientId, or leave the console out',
    ),
    ['sse', 'console'],
  ),
  // end lane
  v.forward(
    v.partialCheck(
      [['production'], ['auth', 'queryToken']],
      (stage) => !(stage.production && stage.auth.queryToken),
      'off, in production: the access logs of the load balancer would hold the tokens',
    ),
    ['auth', 'queryToken'],
  ),
  v.forward(
    v.partialCheck(
      [['production'], ['auth', 'origins']],
      (stage) => !(stage.production && stage.auth.origins.some((allowed) => !allowed.startsWith('https:'))),
      'origins of https:, in production: a page that came in the clear may be anybody',
    ),
    ['auth', 'origins'],
  ),
);

/** Everything that differs between deployments. One file per stage under `lib/stages/`. */
export type Stage = Readonly<v.InferOutput<typeof schema>>;
export type AuthConfig = Stage['auth'];
export type BackboneConfig = Stage['backbone'];

/** The configuration of a stage is not valid. The message names every key that is wrong, with its value. */
export class InvalidStageError extends Error {
  override readonly name = 'InvalidStageError';
}

/**
 * Checks the shape and the ranges of a stage's configuration. How its times must agree with each other is in
 * `timeouts.ts`.
 *
 * @param source where it comes from, for the error's text
 * @throws InvalidStageError
 */
export function parseStage(input: unknown, source: string): Stage {
  const result = v.safeParse(schema, input);
  if (result.success) return result.output;
  const problems = result.issues.map((issue) => {
    const key = v.getDotPath(issue) ?? '(the whole configuration)';
    const value = issue.path === undefined ? issue.input : issue.path.at(-1)?.value;
    return `  ${key}: ${JSON.stringify(value)} is not valid: ${issue.message}`;
  });
  throw new InvalidStageError(`${source} is not a valid stage:\n${problems.join('\n')}`);
}
