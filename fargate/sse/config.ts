import * as v from 'valibot';
import { ACCESS_ENV, LOG_ENV, PUBLISH_ENV, TELEMETRY_ENV } from '../../backbone/contract.ts';
import { type AccessPolicy, readAccessPolicy } from '../../backbone/domain/credentials.ts';
import { SSE_ENV, TASK_QUEUE_ENV } from './contract.ts';

/** What ECS sets in every task. */
const METADATA_KEY = 'ECS_CONTAINER_METADATA_URI_V4';

const wholeNumber = v.pipe(v.string(), v.regex(/^[0-9]{1,15}$/, 'a whole number'), v.transform(Number));
const positive = v.pipe(wholeNumber, v.minValue(1, 'a whole number above 0'));
const text = v.pipe(v.string(), v.nonEmpty('some text'));
const list = v.pipe(
  v.string(),
  v.regex(/^[^,]+(,[^,]+)*$/, 'some text, or several with commas between them'),
  v.transform((value) => value.split(',')),
);
const url = v.pipe(v.string(), v.url('a URL'));
const port = v.pipe(wholeNumber, v.maxValue(65_535, 'a port'));
const optionalJson = v.pipe(
  v.string(),
  v.check((value) => value === '' || isJsonObject(value), 'a JSON object, or empty'),
);

const ENVIRONMENT = v.object({
  [SSE_ENV.host]: text,
  [SSE_ENV.port]: port,
  [SSE_ENV.heartbeatIntervalMs]: positive,
  [SSE_ENV.headCheckIntervalMs]: positive,
  [SSE_ENV.retryMinMs]: wholeNumber,
  [SSE_ENV.retryMaxMs]: wholeNumber,
  [SSE_ENV.memoryMiB]: positive,
  [SSE_ENV.maxStreams]: positive,
  [SSE_ENV.maxStreamsPerPrincipal]: positive,
  [SSE_ENV.maxPublishesPerSecond]: positive,
  [SSE_ENV.maxUnsentBytes]: positive,
  [SSE_ENV.drainMs]: wholeNumber,
  [SSE_ENV.targetGroupArns]: list,
  [SSE_ENV.targetHealthIntervalMs]: positive,
  [SSE_ENV.keepAliveMs]: positive,
  [SSE_ENV.consoleConfig]: v.optional(optionalJson, ''),
  [ACCESS_ENV.issuer]: url,
  [ACCESS_ENV.audience]: text,
  [ACCESS_ENV.jwksUri]: url,
  [ACCESS_ENV.queryToken]: v.picklist(['on', 'off'], 'on or off'),
  [ACCESS_ENV.origins]: v.string(),
  [LOG_ENV.table]: text,
  [LOG_ENV.retentionMs]: positive,
  [LOG_ENV.graceMs]: positive,
  [PUBLISH_ENV.topicArn]: text,
  [PUBLISH_ENV.publishTimeoutMs]: positive,
  [TASK_QUEUE_ENV.queuePrefix]: text,
  [TELEMETRY_ENV.stack]: text,
  [METADATA_KEY]: url,
});

/** The environment of the service, checked. */
export interface Config extends AccessPolicy {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  readonly heartbeatIntervalMs: number;
  readonly headCheckIntervalMs: number;
  readonly retryMinMs: number;
  readonly retryMaxMs: number;
  readonly memoryMiB: number;
  readonly maxStreams: number;
  readonly maxStreamsPerPrincipal: number;
  readonly maxPublishesPerSecond: number;
  readonly maxUnsentBytes: number;
  readonly drainMs: number;
  readonly targetGroupArns: readonly string[];
  readonly targetHealthIntervalMs: number;
  readonly keepAliveMs: number;
  readonly consoleConfig: string;
  readonly issuer: string;
  readonly audience: string;
  readonly jwksUri: string;
  readonly logTable: string;
  readonly retentionMs: number;
  readonly graceMs: number;
  readonly topicArn: string;
  readonly publishTimeoutMs: number;
  readonly queuePrefix: string;
  readonly stack: string;
  readonly metadataUri: string;
}

/** The environment does not let the service start. The message names every key with its value. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/** @throws ConfigError */
export function parseConfig(environment: Readonly<Record<string, string | undefined>>): Config {
  const result = v.safeParse(ENVIRONMENT, environment);
  if (!result.success) throw new ConfigError(result.issues.map((issue) => describe(issue, environment)).join('; '));
  const values = result.output;
  const config: Config = {
    host: values[SSE_ENV.host],
    port: values[SSE_ENV.port],
    heartbeatIntervalMs: values[SSE_ENV.heartbeatIntervalMs],
    headCheckIntervalMs: values[SSE_ENV.headCheckIntervalMs],
    retryMinMs: values[SSE_ENV.retryMinMs],
    retryMaxMs: values[SSE_ENV.retryMaxMs],
    memoryMiB: values[SSE_ENV.memoryMiB],
    maxStreams: values[SSE_ENV.maxStreams],
    maxStreamsPerPrincipal: values[SSE_ENV.maxStreamsPerPrincipal],
    maxPublishesPerSecond: values[SSE_ENV.maxPublishesPerSecond],
    maxUnsentBytes: values[SSE_ENV.maxUnsentBytes],
    drainMs: values[SSE_ENV.drainMs],
    targetGroupArns: values[SSE_ENV.targetGroupArns],
    targetHealthIntervalMs: values[SSE_ENV.targetHealthIntervalMs],
    keepAliveMs: values[SSE_ENV.keepAliveMs],
    consoleConfig: values[SSE_ENV.consoleConfig],
    issuer: values[ACCESS_ENV.issuer],
    audience: values[ACCESS_ENV.audience],
    jwksUri: values[ACCESS_ENV.jwksUri],
    ...readAccessPolicy(values[ACCESS_ENV.queryToken], values[ACCESS_ENV.origins]),
    logTable: values[LOG_ENV.table],
    retentionMs: values[LOG_ENV.retentionMs],
    graceMs: values[LOG_ENV.graceMs],
    topicArn: values[PUBLISH_ENV.topicArn],
    publishTimeoutMs: values[PUBLISH_ENV.publishTimeoutMs],
    queuePrefix: values[TASK_QUEUE_ENV.queuePrefix],
    stack: values[TELEMETRY_ENV.stack],
    metadataUri: values[METADATA_KEY],
  };
  if (config.retryMinMs > config.retryMaxMs) {
    throw new ConfigError(
      `${SSE_ENV.retryMinMs} is ${config.retryMinMs}, but must not be above ${SSE_ENV.retryMaxMs}, ${config.retryMaxMs}`,
    );
  }
  return config;
}

function describe(issue: v.BaseIssue<unknown>, environment: Readonly<Record<string, string | undefined>>): string {
  const key = v.getDotPath(issue) ?? '';
  const value = environment[key];
  return value === undefined ? `${key} is not set` : `${key} is ${JSON.stringify(value)}, but must be ${issue.message}`;
}

function isJsonObject(value: string): boolean {
  try {
    const parsed: unknown = JSON.parse(value);
    return typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed);
  } catch {
    return false;
  }
}
