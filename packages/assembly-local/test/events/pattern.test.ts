import { describe, expect, test } from '@jest/globals';
import { compilePattern } from '../../events/pattern.ts';
import { parseRate } from '../../events/rate.ts';

const stopped = {
  source: 'aws.ecs',
  'detail-type': 'ECS Task State Change',
  detail: { lastStatus: 'STOPPED', group: 'service:web', tags: ['a', 'b'] },
};

describe('patterns', () => {
  test.each<[string, unknown, boolean]>([
    ['a value', { source: ['aws.ecs'] }, true],
    ['another value', { source: ['aws.ec2'] }, false],
    ['one of several values', { source: ['aws.ec2', 'aws.ecs'] }, true],
    ['a nested value', { detail: { lastStatus: ['STOPPED'] } }, true],
    ['all members must match', { source: ['aws.ecs'], detail: { lastStatus: ['RUNNING'] } }, false],
    ['a missing member does not match', { detail: { absent: ['x'] } }, false],
    ['a missing object does not match', { absent: { member: ['x'] } }, false],
    ['an element of a list', { detail: { tags: ['b'] } }, true],
    ['a prefix', { detail: { group: [{ prefix: 'service:' }] } }, true],
    ['another prefix', { detail: { group: [{ prefix: 'family:' }] } }, false],
    ['what exists', { detail: { group: [{ exists: true }] } }, true],
    ['what does not exist', { detail: { absent: [{ exists: false }] } }, true],
    ['what exists, but must not', { detail: { group: [{ exists: false }] } }, false],
    ['anything but', { detail: { lastStatus: [{ 'anything-but': 'RUNNING' }] } }, true],
    ['anything but several', { detail: { lastStatus: [{ 'anything-but': ['RUNNING', 'STOPPED'] }] } }, false],
    ['anything but needs a value', { detail: { absent: [{ 'anything-but': 'x' }] } }, false],
  ])('%s', (_, pattern, expected) => {
    expect(compilePattern(pattern)(stopped)).toBe(expected);
  });

  test.each<[string, unknown, RegExp]>([
    ['an operator', { detail: { a: [{ wildcard: '*' }] } }, /wildcard at detail\.a/],
    ['$or', { detail: { $or: [{ a: ['b'] }] } }, /\$or/],
    ['anything-but with an operator', { a: [{ 'anything-but': { prefix: 'x' } }] }, /anything-but at a/],
    ['a bare value', { source: 'aws.ecs' }, /source/],
  ])('%s that is not supported is an error that names it', (_, pattern, message) => {
    expect(() => compilePattern(pattern)).toThrow(message);
  });
});

describe('schedules', () => {
  test.each([
    ['rate(1 minute)', 60_000],
    ['rate(15 minutes)', 900_000],
    ['rate(2 hours)', 7_200_000],
    ['rate(1 day)', 86_400_000],
  ])('%s', (expression, ms) => {
    expect(parseRate(expression)).toBe(ms);
  });

  test.each(['cron(0 12 * * ? *)', 'rate(0 minutes)', 'rate(1 week)', ''])('%j is an error that names it', (expression) => {
    expect(() => parseRate(expression)).toThrow(expression);
  });
});
