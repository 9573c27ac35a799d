import { describe, expect, test } from '@jest/globals';
import { UnknownConditionKeyError } from '../../iam/condition.ts';
import type { Permission } from '../../iam/permission.ts';
import { appliesTo, compilePolicy, letsService } from '../../iam/policy.ts';

const QUEUE = 'arn:aws:sqs:us-east-1:000000000000:jobs';
const SEND: Permission = { action: 'sqs:SendMessage', resource: QUEUE };

function applies(statement: object, permission = SEND): boolean {
  return compilePolicy({ Statement: { Effect: 'Allow', Action: 'sqs:SendMessage', Resource: QUEUE, ...statement } }, 'a test').some((one) =>
    appliesTo(one, permission),
  );
}

describe('a statement applies', () => {
  test.each([
    ['to its action and resource', {}, true],
    ['whatever the case of the action', { Action: 'SQS:sendmessage' }, true],
    ['to one of several actions', { Action: ['sqs:DeleteQueue', 'sqs:SendMessage'] }, true],
    ['to actions that match a pattern', { Action: 'sqs:Send*' }, true],
    ['not to another action', { Action: 'sqs:SendMessageBatch' }, false],
    ['not to another resource', { Resource: `${QUEUE}2` }, false],
    ['to every resource by *', { Resource: '*' }, true],
    ['to resources that match a pattern', { Resource: 'arn:aws:sqs:*:000000000000:jo?s' }, true],
    ['not across the parts of an ARN', { Resource: 'arn:aws:sqs:*:jobs' }, false],
    ['not where the case of the resource differs', { Resource: QUEUE.toUpperCase() }, false],
  ])('%s', (_, statement, expected) => {
    expect(applies(statement)).toBe(expected);
  });

  test.each([
    ['StringEquals', { StringEquals: { key: 'a' } }, ['a'], true],
    ['StringEquals, another value', { StringEquals: { key: 'A' } }, ['a'], false],
    ['StringEquals, one of several', { StringEquals: { key: ['b', 'a'] } }, ['a'], true],
    ['StringEquals without a value', { StringEquals: { key: 'a' } }, undefined, false],
    ['StringLike', { StringLike: { key: 'a*' } }, ['abc'], true],
    ['ArnEquals', { ArnEquals: { key: 'arn:aws:sns:us-east-1:000000000000:*' } }, ['arn:aws:sns:us-east-1:000000000000:t'], true],
    ['ArnLike, another account', { ArnLike: { key: 'arn:aws:sns:*:1:t' } }, ['arn:aws:sns:us-east-1:2:t'], false],
    ['Bool', { Bool: { key: true } }, ['true'], true],
    ['two lines, one of which does not hold', { StringEquals: { key: 'a' }, Bool: { 'aws:SecureTransport': false } }, ['a'], false],
    ['ForAllValues', { 'ForAllValues:StringEquals': { key: ['a', 'b'] } }, ['a', 'c'], false],
    ['ForAllValues without a value', { 'ForAllValues:StringEquals': { key: ['a'] } }, undefined, true],
    ['IfExists, and it does', { StringEqualsIfExists: { key: 'a' } }, ['b'], false],
    ['IfExists, and it does not', { StringEqualsIfExists: { key: 'a' } }, undefined, true],
    ['ForAnyValue', { 'ForAnyValue:StringEquals': { key: ['a'] } }, ['c', 'a'], true],
  ])('under its condition: %s', (_, Condition, values, expected) => {
    expect(applies({ Condition }, { ...SEND, context: { key: values } })).toBe(expected);
  });

  test('whatever the case of a condition key', () => {
    expect(applies({ Condition: { StringEquals: { 'AWS:Key': 'a' } } }, { ...SEND, context: { 'aws:key': ['a'] } })).toBe(true);
  });
});

test('a condition on a key that is unknown for the call is an error, not a guess', () => {
  expect(() => applies({ Condition: { 'ForAllValues:StringEquals': { 'sqs:Nobody': 'a' } } })).toThrow(UnknownConditionKeyError);
});

test.each([
  ['NotAction', { Action: undefined, NotAction: 'sqs:*' }, /NotAction|Action/],
  ['NotResource', { NotResource: QUEUE }, /NotResource/],
  ['NotPrincipal', { NotPrincipal: '*' }, /NotPrincipal/],
  ['an operator', { Condition: { NumericLessThan: { key: 1 } } }, /NumericLessThan/],
  ['a variable in a resource', { Resource: 'arn:aws:s3:::b/$'.concat('{aws:username}') }, /aws:username/],
  ['a variable in a condition', { Condition: { StringLike: { key: '$'.concat('{aws:username}') } } }, /variables/],
])('%s that is not emulated is an error that names it', (_, statement, message) => {
  expect(() => applies(statement)).toThrow(message);
});

describe('a service', () => {
  const topic = { service: 'sns.amazonaws.com', sourceArn: 'arn:aws:sns:us-east-1:000000000000:events' };
  const allow = {
    Effect: 'Allow',
    Principal: { Service: 'sns.amazonaws.com' },
    Action: 'sqs:SendMessage',
    Resource: QUEUE,
    Condition: { ArnEquals: { 'aws:SourceArn': topic.sourceArn } },
  };
  const lets = (statements: readonly object[], caller = topic) =>
    letsService(compilePolicy({ Statement: statements }, 'a test'), caller, SEND);

  test('may do what the policy of the resource allows', () => {
    expect(lets([allow])).toBe(true);
  });

  test.each([
    ['where there is no policy', []],
    ['of another name', [{ ...allow, Principal: { Service: 'events.amazonaws.com' } }]],
    ['where a role may', [{ ...allow, Principal: { AWS: 'arn:aws:iam::000000000000:role/r' } }]],
    ['for another source', [{ ...allow, Condition: { ArnEquals: { 'aws:SourceArn': `${topic.sourceArn}2` } } }]],
    ['where another statement denies it', [allow, { ...allow, Effect: 'Deny', Principal: '*' }]],
  ])('may not %s', (_, statements) => {
    expect(lets(statements)).toBe(false);
  });

  test('is not denied by a statement about unencrypted calls', () => {
    const tlsOnly = { Effect: 'Deny', Principal: { AWS: '*' }, Action: 'sqs:*', Resource: QUEUE };
    expect(lets([allow, { ...tlsOnly, Condition: { Bool: { 'aws:SecureTransport': 'false' } } }])).toBe(true);
  });
});
