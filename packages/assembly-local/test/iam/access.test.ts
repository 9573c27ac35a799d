import { beforeEach, describe, expect, test } from '@jest/globals';
import type { Resource } from '../../assembly/resolve.ts';
import { Access } from '../../iam/access.ts';
import type { Permission } from '../../iam/permission.ts';
import { compilePolicy } from '../../iam/policy.ts';
import { Roles } from '../../iam/roles.ts';
import { type Session, Sessions } from '../../iam/sessions.ts';
import { testLog } from '../support/log.ts';

const ROLE_ARN = 'arn:aws:iam::000000000000:role/reader';
const TABLE = 'arn:aws:dynamodb:us-east-1:000000000000:table/log';
const KEY = 'arn:aws:kms:us-east-1:000000000000:key/k';
const GET: Permission = { action: 'dynamodb:GetItem', resource: TABLE };
const DECRYPT: Permission = { action: 'kms:Decrypt', resource: KEY };
const ROOT = { AWS: 'arn:aws:iam::000000000000:root' };

let lines: string[];
let session: Session;
let sessions: Sessions;

function resource(type: string, name: string, properties: Resource['properties'], arn = ''): Resource {
  return { type, stack: 'App', logicalId: name, region: 'us-east-1', ref: name, name, attributes: { Arn: arn }, properties };
}

function role(properties: Resource['properties'] = {}, service = 'lambda.amazonaws.com'): Resource {
  const trust = { Statement: { Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service: service } } };
  return resource('AWS::IAM::Role', 'reader', { AssumeRolePolicyDocument: trust, ...properties }, ROLE_ARN);
}

function policy(statement: object): Resource {
  const Statement = { Effect: 'Allow', Resource: '*', ...statement };
  return resource('AWS::IAM::Policy', 'policy', { Roles: ['reader'], PolicyDocument: { Statement } });
}

function start(resources: readonly Resource[], resourcePolicies: Readonly<Record<string, object>> = {}): Access {
  const roles = new Roles(resources);
  const log = testLog();
  lines = log.lines;
  sessions = new Sessions();
  session = sessions.open(roles.take(ROLE_ARN, 'lambda.amazonaws.com'), 'fn');
  const policies = new Map(Object.entries(resourcePolicies).map(([arn, Statement]) => [arn, compilePolicy({ Statement }, arn)]));
  return new Access({ roles, sessions, policyOf: (arn) => policies.get(arn) ?? [], log: log.log });
}

function signed({ accessKeyId, sessionToken }: { readonly accessKeyId: string; readonly sessionToken?: string }) {
  const authorization = `AWS4-HMAC-SHA256 Credential=${accessKeyId}/20260101/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0`;
  return { authorization, ...(sessionToken === undefined ? {} : { 'x-amz-security-token': sessionToken }) };
}

describe('a request signed', () => {
  let access: Access;
  beforeEach(() => {
    access = start([role()]);
  });
  const check = (headers: Parameters<Access['check']>[0]) => () => access.check(headers, () => [GET]);

  test('with a key of no role is from the administrator of the account', () => {
    expect(check(signed({ accessKeyId: 'test' }))).not.toThrow();
  });

  test('with the key of a role has the rights of the role', () => {
    expect(check(signed(session))).toThrow(
      /assumed-role\/reader\/fn is not authorized to perform: dynamodb:GetItem on resource: .*table\/log/,
    );
  });

  test('with the key of a role but not its token is rejected', () => {
    expect(check(signed({ ...session, sessionToken: 'guessed' }))).toThrow(
      expect.objectContaining({ code: 'UnrecognizedClientException' }),
    );
  });

  test('not at all is rejected', () => {
    expect(check({})).toThrow(expect.objectContaining({ code: 'MissingAuthenticationTokenException' }));
  });
});

describe('a role may', () => {
  const managed = resource('AWS::IAM::ManagedPolicy', 'managed', {
    PolicyDocument: { Statement: { Effect: 'Allow', Action: 'dynamodb:GetItem', Resource: TABLE } },
  });
  test.each([
    ['a policy of its own', [role(), policy({ Action: 'dynamodb:GetItem' })]],
    [
      'an inline policy',
      [
        role({
          Policies: [{ PolicyName: 'p', PolicyDocument: { Statement: [{ Effect: 'Allow', Action: 'dynamodb:*', Resource: TABLE }] } }],
        }),
      ],
    ],
    ['a managed policy', [role({ ManagedPolicyArns: ['managed'] }), managed]],
  ])('what %s allows', (_, resources) => {
    expect(() => start(resources).require(session, GET)).not.toThrow();
  });

  test('what the policy of the resource allows it', () => {
    const access = start([role()], { [TABLE]: { Effect: 'Allow', Principal: { AWS: ROLE_ARN }, Action: '*', Resource: '*' } });
    expect(() => access.require(session, GET)).not.toThrow();
  });

  test('what it may, although the policy of the resource allows services the same for some sources only', () => {
    const Condition = { ArnEquals: { 'aws:SourceArn': 'arn:aws:events:us-east-1:000000000000:rule/r' } };
    const Principal = { Service: 'events.amazonaws.com' };
    const policyOfTable = { Effect: 'Allow', Principal, Action: 'dynamodb:GetItem', Resource: TABLE, Condition };
    const access = start([role(), policy({ Action: 'dynamodb:GetItem' })], { [TABLE]: policyOfTable });
    expect(access.allows(session, GET)).toBe(true);
  });

  test('not what one of its policies denies, whatever else allows it', () => {
    const access = start([role(), policy({ Action: '*' }), policy({ Effect: 'Deny', Action: 'dynamodb:GetItem' })]);
    expect(() => access.require(session, GET)).toThrow('with an explicit deny in an identity-based policy');
  });

  test('not what the policy of the resource denies', () => {
    const deny = { Effect: 'Deny', Principal: '*', Action: '*', Resource: '*' };
    const access = start([role(), policy({ Action: '*' })], { [TABLE]: deny });
    expect(() => access.require(session, GET)).toThrow('with an explicit deny in a resource-based policy');
  });

  test('use a key whose policy delegates that to the account', () => {
    const access = start([role(), policy({ Action: 'kms:Decrypt' })], {
      [KEY]: { Effect: 'Allow', Principal: ROOT, Action: 'kms:*', Resource: '*' },
    });
    expect(() => access.require(session, DECRYPT)).not.toThrow();
  });

  test('not use a key whose policy does not, whatever its own policies allow', () => {
    const access = start([role(), policy({ Action: 'kms:Decrypt' })]);
    expect(() => access.require(session, DECRYPT)).toThrow(expect.objectContaining({ code: 'KMSAccessDenied' }));
  });
});

describe('the report', () => {
  test('counts a grant for calls that nothing else allows', () => {
    const access = start([role(), policy({ Action: ['dynamodb:GetItem', 'dynamodb:Query'] })]);
    access.require(session, GET);
    access.require(session, GET);
    expect(access.report().roles).toEqual([
      {
        role: 'App/reader',
        grants: [
          { action: 'dynamodb:GetItem', resource: '*', calls: 2 },
          { action: 'dynamodb:Query', resource: '*', calls: 0 },
        ],
        refused: [],
      },
    ]);
  });

  test('counts neither of two grants that allow the same: either could be removed', () => {
    const access = start([role(), policy({ Action: 'dynamodb:GetItem' }), policy({ Action: 'dynamodb:Get*' })]);
    access.require(session, GET);
    expect(access.report().roles[0]?.grants.map(({ calls }) => calls)).toEqual([0, 0]);
  });

  test('reports what was denied, as the log does', () => {
    const access = start([role()]);
    expect(access.allows(session, GET)).toBe(false);
    expect(access.report().roles[0]?.refused).toEqual([{ action: 'dynamodb:GetItem', resource: TABLE, calls: 1 }]);
    expect(lines.join('')).toMatch(/AccessDenied: App\/reader .* may not dynamodb:GetItem on arn:aws:dynamodb:.*table\/log/);
  });
});

test('a managed policy of AWS that the CDK attaches by itself is known', () => {
  const ManagedPolicyArns = ['arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole'];
  const { statements } = new Roles([role({ ManagedPolicyArns })]).take(ROLE_ARN, 'lambda.amazonaws.com');
  expect(statements.flatMap(({ actions }) => actions.map(({ text }) => text))).toEqual([
    'logs:CreateLogGroup',
    'logs:CreateLogStream',
    'logs:PutLogEvents',
  ]);
});

test.each([
  ['trusts another service', [role({}, 'ecs-tasks.amazonaws.com')], /App\/reader cannot be taken by lambda.amazonaws.com/],
  [
    'has a policy that is not in the assembly',
    [role({ ManagedPolicyArns: ['arn:aws:iam::aws:policy/AdministratorAccess'] })],
    /AdministratorAccess/,
  ],
  ['has a permissions boundary', [role({ PermissionsBoundary: 'arn' })], /permissions boundaries/],
  ['does not exist', [], /there is no role arn:aws:iam::000000000000:role\/reader/],
])('a role that %s cannot be used', (_, resources, message) => {
  expect(() => new Roles(resources).take(ROLE_ARN, 'lambda.amazonaws.com')).toThrow(message);
});
