import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import * as v from 'valibot';

const TEN_YEARS_IN_HOURS = 24 * 365 * 10;

const between = (min: number, max: number) => v.pipe(v.number(), v.integer(), v.minValue(min), v.maxValue(max));

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

// lane: sse
/** Six fields, in UTC, as EventBridge and Application Auto Scaling take them; one of the two kinds of day is `?`. */
const cronExpression = v.pipe(
  v.string(),
  v.regex(
    /^([\dA-Z*,/-]+ ){2}(\? [\dA-Z*,/-]+ [\dA-Z*,/#-]+|[\dA-ZLW*,/-]+ [\dA-Z*,/-]+ \?) [\d*,/-]+$/,
    'six fields of cron, such as 30 7 ? * MON-FRI *',
  ),
);
// end lane

// lane: websocket
/** How a new version of a function takes over, by the names that CodeDeploy has behind `CodeDeployDefault.Lambda`. */
const functionRollout = v.picklist([
  'AllAtOnce',
  'Canary10Percent5Minutes',
  'Canary10Percent10Minutes',
  'Canary10Percent15Minutes',
  'Canary10Percent30Minutes',
  'Linear10PercentEvery1Minute',
  'Linear10PercentEvery2Minutes',
  'Linear10PercentEvery3Minutes',
  'Linear10PercentEvery10Minutes',
]);
// end lane

const auth = v.strictObject({
  /** Whose tokens are taken. Left out: a Cognito user pool of the stage's own. */
  issuer: v.optional(
    v.strictObject({
      /** `iss` of its tokens, as they have it. */
      url: httpsUrl,
      /** Their `aud`, or `client_id` where they have no `aud`. */
      audience: v.pipe(v.string(), v.nonEmpty()),
      /** Where its keys are: `jwks_uri` of its discovery document. */
      jwksUri: httpsUrl,
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

/**
 * What a table may take in a second at most, a bound for its cost: 0.625 USD per million write units and 0.125 per million read
 * units (us-east-1, FACTS 2026-11). AWS allows a table 40,000 of each before its quota is raised.
 */
const maxThroughput = v.strictObject({ readUnits: between(1, 40_000), writeUnits: between(1, 40_000) });

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

// lane: websocket
const websocket = v.strictObject({
  /** Age at which the rows of a connection expire by themselves, for the `$disconnect` that never came. */
  connectionTtlMinutes: between(1, 1440),
  /** Requests per second on this stage: new connections and frames together. */
  requestsPerSecond: between(1, 10_000),
  /** Requests that the stage takes at once. */
  requestBurst: between(1, 5_000),
  /** Connections that one principal may have open. Their ids are one row, whose every change costs a write unit per KB, 50 ids. */
  maxConnectionsPerPrincipal: between(1, 1_000),
  /** Events a second that one principal may publish. Counted in one row, and a partition takes 1,000 writes a second. */
  maxPublishesPerSecond: between(1, 900),
  /** Of each of the tables of connections, subscriptions and principals. */
  maxThroughput,
  /** How long the functions behind a route may run. */
  routeFunctionTimeoutSeconds: between(1, 900),
  fanOut: v.strictObject({
    functionTimeoutSeconds: between(1, 900),
    memoryMb: between(128, 10_240),
    /** Posts in flight per invocation. */
    postConcurrency: between(1, 1_000),
    /** Invocations side by side, per queue. SQS takes no less than 2. */
    maxConcurrency: between(2, 1_000),
    /**
     * Invocations of the fan-out that the account keeps free for it, taken from what its other functions have. Left out: none, which
     * is right for an account with nothing else in it, and for a new one, whose quota leaves none to reserve.
     */
    reservedConcurrency: v.optional(between(1, 10_000)),
    /** Messages per invocation. */
    batchSize: between(1, 10),
    /** How long a message stays hidden while an invocation works on it. */
    visibilityTimeoutSeconds: between(0, 43_200),
    /** Deliveries of a message before it is put aside. */
    maxReceiveCount: between(1, 1_000),
    /** Whether a new version gets all messages at once, or more and more of them, and none when an alarm is raised. */
    rollout: functionRollout,
  }),
  sweep: v.strictObject({
    /** How often a part of the connections is looked at for those that are closed. */
    intervalMinutes: between(1, 1_440),
    /** The size of that part. Each open connection in it costs a call of the management API. */
    maxConnections: between(1, 100_000),
    functionTimeoutSeconds: between(20, 900),
  }),
});
// end lane

const hostName = v.pipe(
  v.string(),
  v.regex(/^(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$/, 'a host name in lower case'),
);

const certificateArn = v.pipe(
  v.string(),
  v.regex(/^arn:aws(-[a-z]+)*:acm:[a-z0-9-]+:\d{12}:certificate\/[A-Za-z0-9-]+$/, 'the ARN of an ACM certificate'),
);

/** Requests that one address may send in five minutes before the web ACL turns it away. WAF takes no less than 10. */
const requestsPerAddress = between(10, 2_000_000_000);

/** Clients reach the load balancer itself, under a domain and a certificate of the stage. */
const loadBalancerEdge = v.strictObject({
  type: v.literal('alb'),
  /** Host name that clients use. Its DNS record is to point at the load balancer. */
  domainName: hostName,
  /** Certificate for `domainName`, in the stage's region. */
  certificateArn,
  /** What port 80 does: `redirect` to HTTPS, or `forward` in the clear, which is for development only. */
  plainHttp: v.picklist(['redirect', 'forward']),
  requestsPerAddress,
});

/** Clients reach one CloudFront distribution, which has both lanes and the console behind one host name. */
const distributionEdge = v.strictObject({
  type: v.literal('cloudfront'),
  /**
   * Host name that clients use: one of the stage's own, with `certificateArn`, or the one that CloudFront has assigned, which the
   * first deploy tells. Left out before that: everything works but signing in to the stage's own user pool, which sends users
   * back to a host that it knows.
   */
  host: v.optional(hostName),
  /** Certificate for a `host` of the stage's own, in us-east-1. */
  certificateArn: v.optional(certificateArn),
  /** Prefix list `com.amazonaws.global.cloudfront.origin-facing` in the stage's region: who may speak to the load balancer. */
  originPrefixListId: v.pipe(v.string(), v.regex(/^pl-[0-9a-f]{8,17}$/, 'the id of a prefix list')),
  /** Longest silence that CloudFront allows a stream. More than 120 takes a quota of CloudFront. */
  originReadTimeoutSeconds: between(1, 120),
  /** How long CloudFront keeps an idle connection to the load balancer open. */
  originKeepAliveSeconds: between(1, 120),
  requestsPerAddress,
});

// lane: sse
const sse = v.strictObject({
  /** Whether there is a console: served by the service, or behind CloudFront from a bucket. */
  console: v.boolean(),
  /**
   * How tasks reach AWS: through NAT gateways, one per zone to keep a zone's loss local or one in all, which is cheaper; or through
   * endpoints of the services that they call, and to nothing else.
   */
  network: v.variant('type', [
    v.strictObject({ type: v.literal('nat'), gateways: between(1, 2) }),
    v.strictObject({ type: v.literal('endpoints') }),
  ]),
  task: v.strictObject({
    /** 1024 is one vCPU. Each whole one serves its own part of the streams, in a thread of its own. */
    cpu: v.picklist([256, 512, 1024, 2048, 4096, 8192, 16_384]),
    memoryMb: between(512, 122_880),
    /** Streams that one task takes before it answers 503. Each is a socket. */
    maxStreams: between(1, 1_000_000),
    /** Streams that one principal may have on one task. */
    maxStreamsPerPrincipal: between(1, 1_000_000),
    /** Events a second that one principal may publish through one task. */
    maxPublishesPerSecond: between(1, 100_000),
    /** Unsent bytes at which a slow reader is closed; it resumes from its cursor. */
    maxUnsentBytes: between(1, 2 ** 30),
    /** Open files and sockets that a task may have. */
    openFiles: between(1_024, 1_048_576),
  }),
  /**
   * LCUs that the load balancer has at any time, paid for whether they are used or not. Left out: it grows with its load, which
   * takes minutes. ELB reserves 100 to 15,000 (its quotas, 2026-11).
   */
  reservedLcus: v.optional(between(100, 15_000)),
  scaling: v.strictObject({
    minTasks: between(1, 1_000),
    maxTasks: between(1, 1_000),
    /** Open streams per task that are held by adding and removing tasks: the rest of `maxStreams` is room until new ones are there. */
    targetStreamsPerTask: between(1, 1_000_000),
    /** Times from which there are at least so many tasks, ahead of peaks that are known; a later one may lower it again. */
    schedule: v.array(v.strictObject({ cron: cronExpression, minTasks: between(1, 1_000) })),
  }),
  /**
   * How tasks of a new version take the place of those before: one after the other, or all beside them, with `percent` of the new
   * requests for `bakeMinutes`, then with all of them for as long again, until the old ones leave. An alarm in that time takes
   * them back. Alarms are raised after 5 to 6 minutes, so a shorter time would see none; ECS takes up to a day.
   */
  rollout: v.variant('type', [
    v.strictObject({ type: v.literal('rolling') }),
    v.strictObject({ type: v.literal('canary'), percent: between(1, 99), bakeMinutes: between(10, 1_440) }),
  ]),
  heartbeatIntervalMs: between(1, 4_000_000),
  /** How often a task compares its channels with their heads. */
  headCheckIntervalMs: between(1_000, 3_600_000),
  /** A stream is told to reconnect after a random time in this range. */
  retryMinMs: between(1, 600_000),
  retryMaxMs: between(1, 600_000),
  /** How long a task that leaves takes to close its streams. */
  drainSeconds: between(1, 120),
  /** A task looks at least this often whether the load balancer lets it go. */
  targetHealthIntervalSeconds: between(1, 60),
  /** Longest silence that the load balancer allows on a connection. */
  idleTimeoutSeconds: between(1, 4_000),
  /** How long a task keeps an idle connection of the load balancer open. */
  keepAliveSeconds: between(1, 7_200),
  /** How long the load balancer keeps open streams to a task that is going away. */
  deregistrationDelaySeconds: between(0, 3_600),
  /** From SIGTERM to SIGKILL. */
  stopTimeoutSeconds: between(2, 120),
  /** How often queues of tasks that are gone are looked for. */
  sweepIntervalMinutes: between(1, 1_440),
  /** How long the functions that remove queues may run. */
  cleanerTimeoutSeconds: between(1, 900),
});
// end lane

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
  websocket,
  // end lane
  // lane: sse
  sse,
  // end lane
  /** Where clients come in. */
  edge: v.variant('type', [loadBalancerEdge, distributionEdge]),
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
// lane: websocket
export type WebSocketConfig = Stage['websocket'];
// end lane
// lane: sse
export type SseConfig = Stage['sse'];
// end lane
export type EdgeConfig = Stage['edge'];
export type LoadBalancerEdge = Extract<EdgeConfig, { type: 'alb' }>;
export type DistributionEdge = Extract<EdgeConfig, { type: 'cloudfront' }>;

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
