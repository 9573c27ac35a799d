import { expect, test } from '@jest/globals';
import { ACCESS_ENV, LOG_ENV, PUBLISH_ENV, TELEMETRY_ENV } from '../../../backbone/contract.ts';
import { ConfigError, parseConfig } from '../../../fargate/sse/config.ts';
import { SSE_ENV, TASK_QUEUE_ENV } from '../../../fargate/sse/contract.ts';

const COMPLETE: Readonly<Record<string, string>> = {
  [SSE_ENV.host]: '0.0.0.0',
  [SSE_ENV.port]: '8080',
  [SSE_ENV.heartbeatIntervalMs]: '15000',
  [SSE_ENV.headCheckIntervalMs]: '30000',
  [SSE_ENV.retryMinMs]: '1000',
  [SSE_ENV.retryMaxMs]: '5000',
  [SSE_ENV.maxStreams]: '10000',
  [SSE_ENV.maxStreamsPerPrincipal]: '100',
  [SSE_ENV.maxPublishesPerSecond]: '50',
  [SSE_ENV.memoryMiB]: '512',
  [SSE_ENV.maxUnsentBytes]: '1048576',
  [SSE_ENV.drainMs]: '60000',
  [SSE_ENV.targetGroupArns]: 'arn:aws:elasticloadbalancing:us-east-1:111122223333:targetgroup/sse/0123456789abcdef',
  [SSE_ENV.targetHealthIntervalMs]: '10000',
  [SSE_ENV.keepAliveMs]: '75000',
  [SSE_ENV.consoleConfig]: '{"websocket":"wss://x/dev"}',
  [ACCESS_ENV.issuer]: 'https://issuer.example.com',
  [ACCESS_ENV.audience]: 'lanes',
  [ACCESS_ENV.jwksUri]: 'https://issuer.example.com/keys',
  [ACCESS_ENV.queryToken]: 'off',
  [ACCESS_ENV.origins]: '',
  [LOG_ENV.table]: 'log',
  [LOG_ENV.retentionMs]: '86400000',
  [LOG_ENV.graceMs]: '5000',
  [PUBLISH_ENV.topicArn]: 'arn:aws:sns:us-east-1:111122223333:events',
  [PUBLISH_ENV.publishTimeoutMs]: '2000',
  [TASK_QUEUE_ENV.queuePrefix]: 'lanes-task-',
  [TELEMETRY_ENV.stack]: 'LanesDevSse',
  ECS_CONTAINER_METADATA_URI_V4: 'http://169.254.170.2/v4/abc',
};

test('a complete environment is read, numbers as numbers', () => {
  expect(parseConfig(COMPLETE)).toMatchObject({ port: 8080, maxStreams: 10_000, logTable: 'log', queuePrefix: 'lanes-task-' });
});

test('one target group is a list too, and several have commas between them', () => {
  expect(parseConfig(COMPLETE).targetGroupArns).toEqual([COMPLETE[SSE_ENV.targetGroupArns]]);
  expect(parseConfig({ ...COMPLETE, [SSE_ENV.targetGroupArns]: 'arn:one,arn:two' }).targetGroupArns).toEqual(['arn:one', 'arn:two']);
});

test('what else is in the environment does not matter', () => {
  expect(() => parseConfig({ ...COMPLETE, PATH: '/bin', AWS_REGION: undefined })).not.toThrow();
});

test('a stage without a console needs no configuration of one', () => {
  const { [SSE_ENV.consoleConfig]: _, ...rest } = COMPLETE;
  expect(parseConfig(rest).consoleConfig).toBe('');
});

test.each(Object.keys(COMPLETE).filter((key) => key !== SSE_ENV.consoleConfig))('%s is missed by name', (key) => {
  const { [key]: _, ...rest } = COMPLETE;
  expect(() => parseConfig(rest)).toThrow(`${key} is not set`);
});

test.each([
  [SSE_ENV.port, '65536'],
  [SSE_ENV.port, 'http'],
  [SSE_ENV.maxStreams, '0'],
  [SSE_ENV.maxStreams, '-5'],
  [SSE_ENV.heartbeatIntervalMs, '15 s'],
  [SSE_ENV.targetGroupArns, 'arn:one,,arn:two'],
  [SSE_ENV.consoleConfig, '{broken'],
  [SSE_ENV.consoleConfig, '[]'],
  [ACCESS_ENV.issuer, 'somebody'],
  [ACCESS_ENV.queryToken, 'yes'],
  ['ECS_CONTAINER_METADATA_URI_V4', 'nowhere'],
])('%s = %s is refused, and the error names both', (key, value) => {
  const parse = () => parseConfig({ ...COMPLETE, [key]: value });
  expect(parse).toThrow(ConfigError);
  expect(parse).toThrow(key);
  expect(parse).toThrow(JSON.stringify(value));
});

test('all that is wrong is said at once', () => {
  const parse = () => parseConfig({ ...COMPLETE, [SSE_ENV.port]: 'x', [LOG_ENV.table]: '' });
  expect(parse).toThrow(SSE_ENV.port);
  expect(parse).toThrow(LOG_ENV.table);
});

test('reconnection times that are upside down are refused', () => {
  expect(() => parseConfig({ ...COMPLETE, [SSE_ENV.retryMinMs]: '6000' })).toThrow(SSE_ENV.retryMinMs);
});
