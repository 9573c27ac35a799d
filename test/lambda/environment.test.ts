import { expect, test } from '@jest/globals';
import { LOG_ENV } from '../../backbone/contract.ts';
import { InvalidEnvironmentError, logEntries, readEnvironment } from '../../lambda/environment.ts';

const env = { [LOG_ENV.table]: 'log', [LOG_ENV.retentionMs]: '60000', [LOG_ENV.graceMs]: '5000', OTHER: 'x' };

test('reads its keys, numbers as numbers, and nothing else', () => {
  expect(readEnvironment(logEntries, env)).toEqual({ [LOG_ENV.table]: 'log', [LOG_ENV.retentionMs]: 60_000, [LOG_ENV.graceMs]: 5_000 });
});

test('names every key that is missing or malformed', () => {
  const read = () => readEnvironment(logEntries, { [LOG_ENV.retentionMs]: '-5', [LOG_ENV.graceMs]: '5000' });
  expect(read).toThrow(InvalidEnvironmentError);
  expect(read).toThrow(/LANES_LOG_TABLE.*LANES_RETENTION_MS.*-5/);
});
