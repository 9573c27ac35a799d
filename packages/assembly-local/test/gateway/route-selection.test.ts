import { expect, test } from '@jest/globals';
import { parseRouteSelection } from '../../gateway/route-selection.ts';

test.each([
  ['{"action":"subscribe"}', 'subscribe'],
  ['{"action":5}', undefined],
  ['{"other":"x"}', undefined],
  ['"text"', undefined],
  ['not JSON', undefined],
  ['{"__proto__":{"action":"x"}}', undefined],
])('$request.body.action of %s is %s', (body, expected) => {
  expect(parseRouteSelection('$request.body.action')(body)).toBe(expected);
});

test('a path leads into nested objects', () => {
  expect(parseRouteSelection('$request.body.a.b')('{"a":{"b":"x"}}')).toBe('x');
});

test('another kind of expression is an error that names it', () => {
  expect(() => parseRouteSelection('$request.header.x')).toThrow(/\$request\.header\.x/);
});
