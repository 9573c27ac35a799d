import { expect, test } from '@jest/globals';
import { LOG_ENV, SETTINGS_VARIABLE } from '../../backbone/contract.ts';
import { InvalidEnvironmentError, readEntries, readEnvironment, telemetryEntries } from '../../backbone/environment.ts';

const settings = (values: object) => ({ [SETTINGS_VARIABLE]: JSON.stringify(values) });

test('reads its variables and its settings, and nothing else', () => {
  const env = { [LOG_ENV.table]: 'log', OTHER: 'x', ...settings({ retentionMs: 60_000, other: 1 }) };
  expect(readEnvironment(readEntries, env)).toEqual({ [LOG_ENV.table]: 'log', channels: [], retentionMs: 60_000, gapGraceMs: 5_000 });
});

test('names every variable and setting that is missing or malformed, and says what is allowed', () => {
  const read = () => readEnvironment(readEntries, settings({ gapGraceMs: -5 }));
  expect(read).toThrow(InvalidEnvironmentError);
  expect(read).toThrow(
    'LANES_LOG_TABLE is not set; LANES_SETTINGS.retentionMs is not set; LANES_SETTINGS.gapGraceMs is -5, but must be a whole number from 1 to 600000. Change',
  );
});

test.each(['', '{"maxStreams":', '[1]', 'null'])('settings %j are refused', (json) => {
  expect(() => readEnvironment(readEntries, { [LOG_ENV.table]: 'log', [SETTINGS_VARIABLE]: json })).toThrow(
    new InvalidEnvironmentError(`LANES_SETTINGS is ${JSON.stringify(json)}, but must be a JSON object`),
  );
});

test('a process without settings needs no variable for them', () => {
  expect(readEnvironment(telemetryEntries, { POWERTOOLS_SERVICE_NAME: 'Lanes' })).toEqual({ POWERTOOLS_SERVICE_NAME: 'Lanes' });
});
