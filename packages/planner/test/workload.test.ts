import { describe, expect, test } from '@jest/globals';
import { PRESETS, withNumber, workloadOf } from '../src/presets.ts';
import { InvalidWorkloadError, NUMBERS, type NumberId, PRESET_IDS, parseWorkload } from '../src/workload.ts';

/** The same in each preset. */
const EVERYWHERE: readonly NumberId[] = ['hoursPerMonth', 'pollIntervalSeconds', 'eventsPerPublication'];

describe.each(PRESET_IDS)('preset %s', (id) => {
  const { workload, reasons, growsWithConnections } = PRESETS[id];

  test('is valid, and has a reason for each number of its own', () => {
    expect(parseWorkload({ ...workload, preset: id })).toEqual({ ...workload, preset: id });
    const own = (Object.keys(NUMBERS) as NumberId[]).filter((input) => !EVERYWHERE.includes(input) && workload[input] > 0);
    expect(own.filter((input) => !reasons[input])).toEqual(workload.clientMessagesPerSecond > 0 ? [] : ['clientMessageBytes']);
  });

  test('with twice the connections has twice of what is tied to them, and the rest unchanged', () => {
    const doubled = workloadOf(id, { connections: workload.connections * 2 });
    const tied = Object.fromEntries(growsWithConnections.map((input) => [input, workload[input] * 2]));
    expect(doubled).toEqual({ ...workload, preset: id, connections: workload.connections * 2, ...tied });
  });

  test('counts what clients send among its events', () => {
    expect(workload.eventsPerSecond).toBeGreaterThanOrEqual(workload.averageConnections * workload.clientMessagesPerSecond);
  });
});

test('what is given wins over what is tied to the connections', () => {
  expect(workloadOf('live-feed', { connections: 100, averageConnections: 90, fanOut: 3 })).toMatchObject({
    averageConnections: 90,
    fanOut: 3,
  });
});

test('clients send less where fewer events are published', () => {
  expect(workloadOf('chat', { eventsPerSecond: 20 }).clientMessagesPerSecond).toBeCloseTo(
    PRESETS.chat.workload.clientMessagesPerSecond / 2,
  );
});

test('a fan-out that is not given reaches no more than there are', () => {
  expect(workloadOf('chat', { connections: 10 }).fanOut).toBe(10);
});

test.each(Object.entries(NUMBERS) as [NumberId, { min: number; max: number }][])('%s says its range', (input, { min, max }) => {
  const beyond = { ...workloadOf('chat', { connections: 1_000 }), [input]: max * 2 };
  expect(() => parseWorkload(beyond)).toThrow(
    new RegExp(`^${input} ${max * 2} is not valid: use a (whole )?number from ${min} to ${max} \\(`),
  );
});

test('connections are whole', () => {
  expect(() => workloadOf('chat', { connections: 100.5 })).toThrow('connections 100.5 is not valid: use a whole number from 1 to');
});

test('every wrong input is named at once', () => {
  expect(() => workloadOf('chat', { eventBytes: 0, stage: 'nowhere' })).toThrow(
    /eventBytes 0 .*; stage "nowhere" is not valid: choose one of /,
  );
});

test.each(['averageConnections', 'fanOut'] as const)('%s cannot be more than the connections at peak', (input) => {
  const build = () => workloadOf('chat', { connections: 100, [input]: 101 });
  expect(build).toThrow(InvalidWorkloadError);
  expect(build).toThrow(`${input} 101 is not valid: use at most the 100 connections at peak, or raise those`);
});

test('a Region without prices is told which have some', () => {
  expect(() => workloadOf('chat', { region: 'eu-nowhere-1' as never })).toThrow(
    'region "eu-nowhere-1" is not valid: choose one of us-east-1',
  );
});

test('a number that makes no sense with the others is no workload', () => {
  const workload = workloadOf('chat');
  expect(withNumber(workload, 'fanOut', workload.connections + 1)).toBeUndefined();
  expect(withNumber(workload, 'eventBytes', 0)).toBeUndefined();
  expect(withNumber(workload, 'fanOut', 7)).toEqual({ ...workload, fanOut: 7 });
});
