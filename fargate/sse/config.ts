import * as v from 'valibot';
import { ACCESS_ENV, LOG_ENV, PRESENCE_ENV, PUBLISH_ENV, TELEMETRY_ENV } from '../../backbone/contract.ts';
import {
  accessEntries,
  presenceEntries,
  publishEntries,
  readEntries,
  readEnvironment,
  readJsonObject,
  telemetryEntries,
  text,
  url,
} from '../../backbone/environment.ts';
import { SSE_ENV, TASK_QUEUE_ENV } from './contract.ts';
import { taskSettings } from './settings.ts';

/** ECS sets this in every task. */
const METADATA_KEY = 'ECS_CONTAINER_METADATA_URI_V4';

const list = v.pipe(
  v.string(),
  v.regex(/^[^,]+(,[^,]+)*$/, 'one or more texts, separated by commas'),
  v.transform((value) => value.split(',')),
);
const port = v.pipe(
  v.string(),
  v.check((value) => /^[0-9]{1,5}$/.test(value) && Number(value) <= 65_535, 'a port'),
  v.transform(Number),
);
const optionalJson = v.pipe(
  v.string(),
  v.check((value) => value === '' || readJsonObject(value) !== undefined, 'a JSON object, or empty'),
);
const tags = v.pipe(
  v.string(),
  v.parseJson(undefined, 'a JSON object of texts'),
  v.record(v.string(), v.string(), 'a JSON object of texts'),
);

const ENTRIES = {
  ...taskSettings,
  ...accessEntries,
  ...readEntries,
  ...presenceEntries,
  ...publishEntries,
  ...telemetryEntries,
  [SSE_ENV.host]: text,
  [SSE_ENV.port]: port,
  [SSE_ENV.targetGroupArns]: list,
  [SSE_ENV.consoleConfig]: v.optional(optionalJson, ''),
  [TASK_QUEUE_ENV.queuePrefix]: text,
  [TASK_QUEUE_ENV.queueTags]: v.optional(tags, '{}'),
  [METADATA_KEY]: url,
} as const;

/** The checked environment of the service: its settings, and the names and addresses of other resources. */
export type Config = ReturnType<typeof parseConfig>;

/** @throws InvalidEnvironmentError */
export function parseConfig(environment: Readonly<Record<string, string | undefined>>) {
  const env = readEnvironment(ENTRIES, environment);
  return {
    ...env,
    host: env[SSE_ENV.host],
    /** 0 takes a free port. */
    port: env[SSE_ENV.port],
    targetGroupArns: env[SSE_ENV.targetGroupArns],
    consoleConfig: env[SSE_ENV.consoleConfig],
    issuer: env[ACCESS_ENV.issuer],
    audience: env[ACCESS_ENV.audience],
    jwksUri: env[ACCESS_ENV.jwksUri],
    logTable: env[LOG_ENV.table],
    presenceTable: env[PRESENCE_ENV.table],
    topicArn: env[PUBLISH_ENV.topicArn],
    queuePrefix: env[TASK_QUEUE_ENV.queuePrefix],
    queueTags: env[TASK_QUEUE_ENV.queueTags],
    stack: env[TELEMETRY_ENV.stack],
    metadataUri: env[METADATA_KEY],
  };
}
