import { describe, expect, test } from '@jest/globals';
import { compileFilter } from '../../topics/filter-policy.ts';

const text = (StringValue: string, DataType = 'String') => ({ DataType, StringValue });

describe('a filter policy on attributes', () => {
  test.each<[object, Record<string, { DataType: string; StringValue?: string; BinaryValue?: string }>, boolean]>([
    [{}, {}, true],
    [{ channel: ['a'] }, { channel: text('a') }, true],
    [{ channel: ['a'] }, { channel: text('A') }, false],
    [{ channel: ['a', 'b'] }, { channel: text('b') }, true],
    [{ channel: ['a'] }, {}, false],
    [{ channel: ['a'] }, { other: text('a') }, false],
    [{ channel: ['a'] }, { channel: text('a'), other: text('x') }, true],
    [{ channel: ['a'], kind: ['k'] }, { channel: text('a') }, false],
    [{ channel: ['a'], kind: ['k'] }, { channel: text('a'), kind: text('k') }, true],
    [{ channel: [{ prefix: 'ai.' }] }, { channel: text('ai.1') }, true],
    [{ channel: [{ prefix: 'ai.' }] }, { channel: text('ai') }, false],
    [{ channel: [{ 'anything-but': ['a', 'b'] }] }, { channel: text('c') }, true],
    [{ channel: [{ 'anything-but': ['a', 'b'] }] }, { channel: text('b') }, false],
    [{ channel: [{ 'anything-but': ['a', 'b'] }] }, {}, false],
    [{ channel: [{ exists: true }] }, { channel: text('a') }, true],
    [{ channel: [{ exists: true }] }, {}, false],
    [{ channel: [{ exists: false }] }, {}, true],
    [{ count: [5] }, { count: text('5', 'Number') }, true],
    [{ count: [5] }, { count: text('5') }, false],
    [{ tags: ['b'] }, { tags: text('["a","b"]', 'String.Array') }, true],
    [{ tags: ['c'] }, { tags: text('["a","b"]', 'String.Array') }, false],
    [{ raw: [{ exists: true }] }, { raw: { DataType: 'Binary', BinaryValue: 'YQ==' } }, false],
  ])('%j with %j: %s', (policy, attributes, passes) => {
    expect(compileFilter({ FilterPolicy: JSON.stringify(policy) })('{"channel":["a"]}', attributes)).toBe(passes);
  });
});

describe('a filter policy on the body', () => {
  test.each<[object, string, boolean]>([
    [{ channel: ['a'] }, '{"channel":"a"}', true],
    [{ channel: ['a'] }, '{"channel":"b"}', false],
    [{ order: { state: ['paid'] } }, '{"order":{"state":"paid"}}', true],
    [{ channel: [{ exists: false }] }, '{"other":"a"}', true],
    [{ channel: [{ exists: false }] }, 'no JSON', false],
  ])('%j with %s: %s', (policy, body, passes) => {
    const filter = compileFilter({ FilterPolicy: JSON.stringify(policy), FilterPolicyScope: 'MessageBody' });
    expect(filter(body, { channel: text('a') })).toBe(passes);
  });
});

test('without a policy everything passes', () => {
  expect(compileFilter({})('x', {})).toBe(true);
});

test.each<[string, Record<string, string>, RegExp]>([
  ['is no JSON', { FilterPolicy: 'x' }, /x is not a JSON object/],
  ['is a list', { FilterPolicy: '[]' }, /is not a JSON object/],
  ['has a value that is no list', { FilterPolicy: '{"channel":"a"}' }, /list of conditions/],
  ['has an empty list', { FilterPolicy: '{"channel":[]}' }, /list of conditions/],
  ['is nested', { FilterPolicy: '{"order":{"state":["paid"]}}' }, /list of conditions/],
  [
    'has six attributes',
    { FilterPolicy: JSON.stringify(Object.fromEntries([...'abcdef'].map((name) => [name, ['x']]))) },
    /6 attributes.*5/,
  ],
  [
    'has more than 150 combinations',
    { FilterPolicy: JSON.stringify({ a: Array.from({ length: 16 }, String), b: Array.from({ length: 10 }, (_, at) => `${at}`) }) },
    /160 combinations.*150/,
  ],
  ['uses an operator that is not emulated', { FilterPolicy: '{"channel":[{"suffix":"x"}]}' }, /does not emulate.*suffix/],
  ['has an unknown scope', { FilterPolicy: '{}', FilterPolicyScope: 'Subject' }, /FilterPolicyScope: Subject/],
])('a policy that %s is refused', (_, attributes, message) => {
  expect(() => compileFilter(attributes)).toThrow(message);
});
