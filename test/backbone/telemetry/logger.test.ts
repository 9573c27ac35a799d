import { expect, test } from '@jest/globals';
import { createLogger, type Logger } from '../../../backbone/telemetry/logger.ts';

function lineOf(log: (logger: Logger) => void): unknown {
  const lines: string[] = [];
  log(createLogger('one', (line) => lines.push(line)));
  expect(lines).toHaveLength(1);
  return JSON.parse(lines[0] ?? '');
}

test('a line has the fields of Powertools, the lane and its own', () => {
  expect(lineOf((logger) => logger.info('ready', { port: 8080 }))).toEqual({
    level: 'INFO',
    message: 'ready',
    timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
    service: expect.any(String),
    sampling_rate: 0,
    lane: 'one',
    port: 8080,
  });
});

test('an error is logged with its cause', () => {
  const error = new TypeError('outer', { cause: new Error('inner') });
  expect(lineOf((logger) => logger.error('failed', { error }))).toMatchObject({
    level: 'ERROR',
    error: { name: 'TypeError', message: 'outer', stack: expect.any(String), cause: { message: 'inner' } },
  });
});

test.each([
  ['a cause that is no error', new Error('outer', { cause: { token: 'secret' } })],
  ['what else an error carries', Object.assign(new Error('refused by the SDK'), { Item: { data: 'secret' } })],
])('%s is left out, because its content is unknown', (_what, error) => {
  expect(JSON.stringify(lineOf((logger) => logger.error('failed', { error })))).not.toContain('secret');
});

test('a message of several lines is one line', () => {
  expect(lineOf((logger) => logger.warn('one\ntwo'))).toMatchObject({ level: 'WARN', message: 'one\ntwo' });
});
