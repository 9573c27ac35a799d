import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import * as v from 'valibot';
import {
  accessSettings,
  between,
  LONGEST_RETENTION_HOURS,
  logSettings,
  origin,
  publishSettings,
  readSettings,
  setting,
} from '../backbone/settings.ts';
import { edgeSettings } from './edge/edge-settings.ts';
import { maxThroughput } from './max-throughput.ts';

/** The numbers of days for which CloudWatch can keep a log group; a deploy fails with any other number. */
const LOG_RETENTION_DAYS = Object.values(RetentionDays).filter(
  (days): days is RetentionDays => typeof days === 'number' && days !== RetentionDays.INFINITE,
);

const logRetentionDays = v.picklist(LOG_RETENTION_DAYS);

const httpsUrl = v.pipe(v.string(), v.url(), v.startsWith('https://', 'a URL of https:'));

const auth = v.strictObject({
  /** The issuer whose tokens are accepted. If left out: a Cognito user pool of the stage's own. */
  issuer: v.optional(
    v.strictObject({
      /** `iss` of its tokens, exactly as in the tokens. */
      url: httpsUrl,
      /** `aud` of its tokens, or `client_id` if they have no `aud`. */
      audience: v.pipe(v.string(), v.nonEmpty()),
      /** Where its keys are: `jwks_uri` of its discovery document. */
      jwksUri: v.pipe(
        httpsUrl,
        v.check((text) => new URL(text).port === '', 'a URL of port 443: tasks may call no other'),
      ),
      /** Its public client for the console, which signs users in with the authorization code flow and PKCE. */
      clientId: v.optional(v.pipe(v.string(), v.nonEmpty())),
      /**
       * Origin of its `token_endpoint`, if it differs from that of `url`: the console may connect to no
       * other.
       */
      tokenOrigin: v.optional(origin),
    }),
  ),
  ...accessSettings,
});

const backbone = v.strictObject({
  /** How long an event can be replayed. Clients that come back later get a `reset`. */
  retentionHours: between(1, LONGEST_RETENTION_HOURS),
  ...readSettings,
  ...publishSettings,
  /** How long the publish function may run. */
  publishFunctionTimeoutSeconds: setting(1, 900, 15),
  /** Whether it also publishes from the account's default event bus. For one stage per account and Region: several would publish the same events. */
  defaultBus: v.optional(v.boolean(), false),
  /**
   * For the event log. An event of up to 1 KB takes two write units, two more with an idempotency key, and
   * one more per further KB.
   */
  maxThroughput,
});

/** Settings of every stage, whatever lanes there are. */
export const baseEntries = {
  /** Name of the stage: part of the stacks' names and of the WebSocket URL. */
  id: v.pipe(v.string(), v.regex(/^[a-z][a-z0-9]{0,15}$/, '1 to 16 lower-case letters and digits, a letter first')),
  region: v.pipe(v.string(), v.regex(/^[a-z]{2}(-[a-z]+)+-\d$/, 'the name of an AWS region')),
  /** Keep data when a stack is deleted, protect it against deletion, and back up the log. */
  production: v.boolean(),
  logRetentionDays,
  /**
   * `few` leaves the alarms on unexpected errors, on messages that could not be handled or wait for long, and on what was left behind:
   * none on latency, load, and the functions and tables themselves.
   */
  alarms: v.optional(v.picklist(['all', 'few']), 'all'),
  channels: logSettings.channels,
  auth,
  backbone,
  edge: edgeSettings,
};

const shape = v.strictObject(baseEntries);

/** The part of a stage that its lanes see. */
export type StageBase = Readonly<v.InferOutput<typeof shape>>;
export type AuthSettings = StageBase['auth'];
export type BackboneSettings = StageBase['backbone'];
