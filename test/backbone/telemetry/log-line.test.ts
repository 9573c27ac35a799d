import { expect, test } from '@jest/globals';
import { createLogger, type Logger } from '../../../backbone/telemetry/log-line.ts';

function lineOf(log: (logger: Logger) => void): unknown {
  const lines: string[] = [];
  log(
    createLogger(
      { lane: 'sse' },
      (line) => lines.push(line),
      () => 0,
    ),
  );
  expect(lines).toHaveLength(1);
  return JSON.parse(lines[0] ?? '');
}

test('a line has time, level, message, lane and fields', () => {
  const line = lineOf((logger) => logger.info('ready', { port: 8080 }));
  expect(line).toEqual({ time: '1970-01-01T00:00:00.000Z', level: 'info', message: 'ready', lane: 'sse', port: 8080 });
});

test('an error is there with its cause', () => {
  const error = new TypeError('outer', { cause: new Error('inner') });
  expect(lineOf((logger) => logger.error('failed', { error }))).toMatchObject({
    level: 'error',
    error: { name: 'TypeError', message: 'outer', stack: expect.any(String), cause: { message: 'inner' } },
  });
});

test('a cause that is no error is left out: nobody knows what it holds', () => {
  const line = lineOf((logger) => logger.error('failed', { error: new Error('outer', { cause: { token: 'secret' } }) }));
  expect(JSON.stringify(line)).not.toContain('secret');
});

test('a message of several lines is one line', () => {
  expect(lineOf((logger) => logger.warn('one\ntwo'))).toMatchObject({ message: 'one\ntwo' });
});
