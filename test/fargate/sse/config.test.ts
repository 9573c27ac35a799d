import { expect, test } from '@jest/globals';
import { ACCESS_ENV, LOG_ENV, PRESENCE_ENV, PUBLISH_ENV, SETTINGS_VARIABLE, TELEMETRY_ENV } from '../../../backbone/contract.ts';
import { InvalidEnvironmentError } from '../../../backbone/environment.ts';
import { parseConfig } from '../../../fargate/sse/config.ts';
import { SSE_ENV, TASK_QUEUE_ENV } from '../../../fargate/sse/contract.ts';

/** Those without a default. */
const SETTINGS = { memoryMb: 512, maxStreams: 10_000, maxStreamsPerPrincipal: 100, maxPublishesPerSecond: 50, retentionMs: 86_400_000 };

const VARIABLES: Readonly<Record<string, string>> = {
  [SSE_ENV.host]: '0.0.0.0',
  [SSE_ENV.port]: '8080',
  [SSE_ENV.targetGroupArns]: 'arn:aws:elasticloadbalancing:us-east-1:111122223333:targetgroup/sse/0123456789abcdef',
  [SSE_ENV.consoleConfig]: '{"websocket":"wss://x/dev"}',
  [ACCESS_ENV.issuer]: 'https://issuer.example.com',
  [ACCESS_ENV.audience]: 'lanes',
  [ACCESS_ENV.jwksUri]: 'https://issuer.example.com/keys',
  [LOG_ENV.table]: 'log',
  [PRESENCE_ENV.table]: 'presence',
  [PUBLISH_ENV.topicArn]: 'arn:aws:sns:us-east-1:111122223333:events',
  [TASK_QUEUE_ENV.queuePrefix]: 'lanes-task-',
  [TELEMETRY_ENV.stack]: 'LanesDevSse',
  ECS_CONTAINER_METADATA_URI_V4: 'http://169.254.170.2/v4/abc',
};

const withSettings = (settings: object) => ({ ...VARIABLES, [SETTINGS_VARIABLE]: JSON.stringify(settings) });
const COMPLETE: Readonly<Record<string, string>> = withSettings(SETTINGS);

test('settings and variables are read, and settings that nobody sets have their defaults', () => {
  expect(parseConfig(COMPLETE)).toMatchObject({
    port: 8080,
    logTable: 'log',
    queuePrefix: 'lanes-task-',
    queueTags: {},
    maxStreams: 10_000,
    maxUnsentBytes: 1_048_576,
    queryToken: false,
    origins: [],
  });
});

test('one target group is a list too, and several are separated by commas', () => {
  expect(parseConfig(COMPLETE).targetGroupArns).toEqual([COMPLETE[SSE_ENV.targetGroupArns]]);
  expect(parseConfig({ ...COMPLETE, [SSE_ENV.targetGroupArns]: 'arn:one,arn:two' }).targetGroupArns).toEqual(['arn:one', 'arn:two']);
});

test('tags of the queue are a JSON object of texts', () => {
  expect(parseConfig({ ...COMPLETE, [TASK_QUEUE_ENV.queueTags]: '{"stage":"dev"}' }).queueTags).toEqual({ stage: 'dev' });
  for (const wrong of ['no JSON', '{"stage":1}']) {
    expect(() => parseConfig({ ...COMPLETE, [TASK_QUEUE_ENV.queueTags]: wrong })).toThrow(TASK_QUEUE_ENV.queueTags);
  }
});

test('what else is in the environment and in the settings does not matter', () => {
  expect(() => parseConfig({ ...withSettings({ ...SETTINGS, cpu: 256 }), PATH: '/bin', AWS_REGION: undefined })).not.toThrow();
});

test('a stage without a console needs no configuration of one', () => {
  const { [SSE_ENV.consoleConfig]: _, ...rest } = COMPLETE;
  expect(parseConfig(rest).consoleConfig).toBe('');
});

test.each(Object.keys(VARIABLES).filter((key) => key !== SSE_ENV.consoleConfig))('%s is reported by name if it is missing', (key) => {
  const { [key]: _, ...rest } = COMPLETE;
  expect(() => parseConfig(rest)).toThrow(`${key} is not set`);
});

test.each(Object.keys(SETTINGS))('the setting %s is reported by name if it is missing', (name) => {
  expect(() => parseConfig(withSettings({ ...SETTINGS, [name]: undefined }))).toThrow(`LANES_SETTINGS.${name} is not set`);
});

test.each([
  [SSE_ENV.port, '65536'],
  [SSE_ENV.port, 'http'],
  [SSE_ENV.targetGroupArns, 'arn:one,,arn:two'],
  [SSE_ENV.consoleConfig, '{broken'],
  [SSE_ENV.consoleConfig, '[]'],
  [ACCESS_ENV.issuer, 'somebody'],
  ['ECS_CONTAINER_METADATA_URI_V4', 'nowhere'],
])('%s = %s is refused, and the error names both', (key, value) => {
  const parse = () => parseConfig({ ...COMPLETE, [key]: value });
  expect(parse).toThrow(InvalidEnvironmentError);
  expect(parse).toThrow(`${key} is ${JSON.stringify(value)}, but must be `);
});

test.each([
  ['maxStreams', 0, 'a whole number from 1 to 1000000'],
  ['maxStreams', 1.5, 'a whole number from 1 to 1000000'],
  ['maxUnsentBytes', '65536', 'a whole number from 1 to 1073741824'],
  ['heartbeatIntervalMs', null, 'a whole number from 1 to 4000000'],
  ['queryToken', 'on', 'true or false'],
  ['origins', '', 'a list of origins'],
])('the setting %s = %j is refused, and the error says what is allowed', (name, value, allowed) => {
  const parse = () => parseConfig(withSettings({ ...SETTINGS, [name]: value }));
  expect(parse).toThrow(InvalidEnvironmentError);
  expect(parse).toThrow(`LANES_SETTINGS.${name} is ${JSON.stringify(value)}, but must be ${allowed}`);
});

test('an invalid origin is named by its place in the list', () => {
  const origins = ['https://app.example.com', 'https://app.example.com/'];
  expect(() => parseConfig(withSettings({ ...SETTINGS, origins }))).toThrow(
    'LANES_SETTINGS.origins.1 is "https://app.example.com/", but must be an origin such as https://app.example.com',
  );
});

test('all errors are reported at once', () => {
  const parse = () => parseConfig({ ...withSettings({ ...SETTINGS, maxStreams: 0 }), [SSE_ENV.port]: 'x', [LOG_ENV.table]: '' });
  expect(parse).toThrow(SSE_ENV.port);
  expect(parse).toThrow(LOG_ENV.table);
  expect(parse).toThrow('maxStreams');
});
