import { expect, test } from '@jest/globals';
import { createLogger } from '../../fargate/logger.ts';

function lineOf(log: (logger: ReturnType<typeof createLogger>) => void): unknown {
  const lines: string[] = [];
  log(
    createLogger(
      (line) => lines.push(line),
      () => 0,
    ),
  );
  expect(lines).toHaveLength(1);
  return JSON.parse(lines[0] ?? '');
}

test('a line has time, level, message and fields', () => {
  const line = lineOf((logger) => logger.info('ready', { port: 8080 }));
  expect(line).toEqual({ time: '1970-01-01T00:00:00.000Z', level: 'info', message: 'ready', port: 8080 });
});

test('an error is there with its cause', () => {
  const error = new TypeError('outer', { cause: new Error('inner') });
  expect(lineOf((logger) => logger.error('failed', { error }))).toMatchObject({
    level: 'error',
    error: { name: 'TypeError', message: 'outer', cause: { message: 'inner' } },
  });
});

test('a message of several lines is one line', () => {
  expect(lineOf((logger) => logger.warn('one\ntwo'))).toMatchObject({ message: 'one\ntwo' });
});
