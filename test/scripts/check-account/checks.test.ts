import { describe, expect, test } from '@jest/globals';
import { bootstrapChecks } from '../../../scripts/check-account/checks/bootstrap.ts';
import { domainChecks } from '../../../scripts/check-account/checks/domain.ts';
import { gatewayLogRoleChecks } from '../../../scripts/check-account/checks/gateway-log-role.ts';
import { placeholderCheck } from '../../../scripts/check-account/checks/placeholders.ts';
import { prefixListChecks } from '../../../scripts/check-account/checks/prefix-lists.ts';
import { serviceRoleChecks } from '../../../scripts/check-account/checks/service-roles.ts';
import { stackChecks } from '../../../scripts/check-account/checks/stacks.ts';
import { zoneChecks } from '../../../scripts/check-account/checks/zones.ts';
import { ACCOUNT_ID, fakeAccount, linesOf, stackOf } from './fake-account.ts';

describe('the bootstrap', () => {
  const stacks = [
    stackOf(),
    stackOf({}, { name: 'LanesDevTwo', bootstrap: { version: 8, parameter: '/cdk-bootstrap/hnb659fds/version' } }),
  ];
  const check = (version: string | undefined) => linesOf(bootstrapChecks(stacks, fakeAccount({ parameter: async () => version })));

  test('is new enough for every stack, or is to be done again', async () => {
    expect(await check('8')).toEqual(['ok: CDK bootstrap of us-east-1: version 8, 8 is needed']);
    expect(await check('7')).toEqual([
      `problem: CDK bootstrap of us-east-1: version 7, 8 is needed | npx cdk bootstrap aws://${ACCOUNT_ID}/us-east-1`,
    ]);
    expect(await check(undefined)).toEqual([
      `problem: CDK bootstrap of us-east-1: there is none | npx cdk bootstrap aws://${ACCOUNT_ID}/us-east-1`,
    ]);
  });

  test('is needed in each Region of the stacks', async () => {
    const edge = stackOf({}, { region: 'eu-west-1' });
    expect(await linesOf(bootstrapChecks([...stacks, edge], fakeAccount()))).toHaveLength(2);
  });
});

describe('a stack', () => {
  const tags = { project: 'realtime-lanes', stage: 'dev' };
  const check = (status?: string, theirs: Readonly<Record<string, string>> = tags) =>
    linesOf(
      stackChecks([stackOf()], fakeAccount({ stack: async () => (status === undefined ? undefined : { status, tags: theirs }) }), 'dev'),
    );

  test('that does not exist, or works, is fine', async () => {
    expect(await check()).toEqual(['ok: stack LanesDevOne: there is none yet']);
    expect(await check('UPDATE_ROLLBACK_COMPLETE')).toEqual([expect.stringMatching(/^ok: .*it will be updated/)]);
  });

  test('of this name with other tags belongs to somebody else', async () => {
    expect(await check('CREATE_COMPLETE', { ...tags, project: 'shop' })).toEqual([
      expect.stringMatching(/^problem: .*its tag project is "shop", not "realtime-lanes" \| .*lib\/stages\/dev\.ts/),
    ]);
    expect(await check('CREATE_COMPLETE', {})).toEqual([expect.stringMatching(/^problem: .*tag project is undefined/)]);
  });

  test.each([
    ['ROLLBACK_COMPLETE', /^warning: .*cdk deploy deletes it first/],
    ['UPDATE_IN_PROGRESS', /^problem: .*wait until .*\| aws cloudformation describe-stacks --stack-name LanesDevOne --region us-east-1/],
    ['ROLLBACK_FAILED', /^problem: .*\| aws cloudformation delete-stack --stack-name LanesDevOne/],
    ['DELETE_FAILED', /^problem: .*\| aws cloudformation delete-stack --stack-name LanesDevOne/],
    ['UPDATE_ROLLBACK_FAILED', /^problem: .*\| npx cdk rollback LanesDevOne -c stage=dev$/],
    ['A_STATE_THAT_IS_NEW', /^problem: /],
  ])('in state %s', async (status, line) => {
    expect(await check(status)).toEqual([expect.stringMatching(line)]);
  });
});

test('service-linked roles are those of the resources, and a missing one may cost a second try', async () => {
  const stacks = [stackOf({ a: ['AWS::ECS::Service'], b: ['AWS::CloudFront::VpcOrigin'], c: ['AWS::SNS::Topic'] })];
  const account = fakeAccount({ hasServiceRole: async (service) => service === 'ecs.amazonaws.com' });
  expect(await linesOf(serviceRoleChecks(stacks, account))).toEqual([
    'ok: service-linked role of ecs.amazonaws.com: exists',
    expect.stringMatching(/^warning: .*\| aws iam create-service-linked-role --aws-service-name vpcorigin\.cloudfront\.amazonaws\.com$/),
  ]);
});

describe('zones', () => {
  const subnet = (AvailabilityZone: unknown) => ['AWS::EC2::Subnet', { AvailabilityZone }] as const;
  const nth = (index: number) => subnet({ 'Fn::Select': [index, { 'Fn::GetAZs': '' }] });
  const withId = (AvailabilityZoneId: string) => ['AWS::EC2::Subnet', { AvailabilityZoneId }] as const;
  const zones = async () => [
    { name: 'us-east-1a', id: 'use1-az3', isAvailable: true },
    { name: 'us-east-1b', id: 'use1-az2', isAvailable: true },
    { name: 'us-east-1c', id: 'use1-az4', isAvailable: false },
    { name: 'us-east-1d', id: 'use1-az6', isAvailable: true },
  ];
  const check = (...stacks: readonly ReturnType<typeof stackOf>[]) => linesOf(zoneChecks(stacks, fakeAccount({ zones })));

  test('are the first of the account, each judged once', async () => {
    expect(await check(stackOf({ a: nth(0), b: nth(1), c: nth(0) }))).toEqual([
      'ok: Availability Zone us-east-1a (use1-az3): has what is put there',
      'ok: Availability Zone us-east-1b (use1-az2): has what is put there',
    ]);
  });

  test('must be reached by CloudFront, if it is in front of them in any stack', async () => {
    const edge = stackOf({ origin: ['AWS::CloudFront::VpcOrigin'] }, { name: 'LanesDevEdge' });
    expect(await check(stackOf({ a: nth(0), b: nth(1) }), edge)).toEqual([
      'problem: Availability Zone us-east-1a (use1-az3): CloudFront reaches no load balancer there | name two of use1-az2, use1-az6 in the setting zoneIds of the lane',
      expect.stringMatching(/^ok: .*use1-az2/),
    ]);
  });

  test('must have Fargate, if there are tasks', async () => {
    const usWest = async () => [{ name: 'us-west-1a', id: 'usw1-az2', isAvailable: true }];
    const tasks = stackOf({ a: withId('usw1-az2'), service: ['AWS::ECS::Service'] });
    expect(await linesOf(zoneChecks([tasks], fakeAccount({ zones: usWest })))).toEqual([
      expect.stringMatching(/^problem: .*has no Fargate/),
    ]);
    const noTasks = stackOf({ a: withId('usw1-az2') });
    expect(await linesOf(zoneChecks([noTasks], fakeAccount({ zones: usWest })))).toEqual([expect.stringMatching(/^ok: /)]);
  });

  test('must exist and be available', async () => {
    expect(await check(stackOf({ a: withId('use1-az5'), b: withId('use1-az4'), c: subnet('us-east-1b'), d: nth(7) }))).toEqual([
      expect.stringMatching(/^problem: Availability Zone use1-az5: the account has none/),
      expect.stringMatching(/^problem: Availability Zone us-east-1c \(use1-az4\): is not available/),
      expect.stringMatching(/^ok: Availability Zone us-east-1b/),
      expect.stringMatching(/^problem: Availability Zone number 8 of the account: the account has none/),
    ]);
  });
});

describe('domain and certificate', () => {
  const certificateArn = `arn:aws:acm:us-east-1:${ACCOUNT_ID}:certificate/0`;
  const alb = { type: 'alb', domainName: 'dev.lanes.dev', certificateArn, plainHttp: 'forward', requestsPerAddress: null } as const;
  const check = (change: Parameters<typeof fakeAccount>[0] = {}, edge: object = {}) =>
    linesOf(domainChecks({ ...alb, ...edge } as typeof alb, fakeAccount(change)));

  test('that fit', async () => {
    expect(await check()).toEqual([
      `ok: certificate ${certificateArn}: issued, for dev.lanes.dev`,
      'ok: hosted zone of dev.lanes.dev: dev.lanes.dev, whose record is to be added after the deploy',
    ]);
  });

  test.each([
    [['dev.lanes.dev'], true],
    [['other.dev', '*.lanes.dev'], true],
    [['lanes.dev'], false],
    [['*.dev.lanes.dev'], false],
    [['*.dev'], false],
  ])('a certificate for %j: %s', async (names, fits) => {
    const [line] = await check({ certificate: async () => ({ status: 'ISSUED', names }) });
    expect(line).toMatch(
      fits ? /^ok: / : /^problem: .*and not for dev\.lanes\.dev \| aws acm request-certificate --domain-name dev\.lanes\.dev/,
    );
  });

  test('that nobody has validated, that does not exist, or is of another account', async () => {
    const pending = async () => ({ status: 'PENDING_VALIDATION', names: ['dev.lanes.dev'] });
    expect((await check({ certificate: pending }))[0]).toMatch(/^problem: .*PENDING_VALIDATION.*\| aws acm describe-certificate/);
    expect((await check({ certificate: async () => undefined }))[0]).toMatch(/^problem: .*there is none in us-east-1 \| aws acm request/);
    expect((await check({ id: '222222222222' }))[0]).toMatch(/^problem: .*belongs to account 111111111111, not 222222222222/);
  });

  test('a hosted zone may be of a part of the domain, or elsewhere, but not of a top-level domain', async () => {
    const asked: string[] = [];
    const none = async (name: string) => {
      asked.push(name);
      return false;
    };
    expect((await check({ hasHostedZone: none }))[1]).toMatch(/^warning: .*where the DNS of the domain is/);
    expect(asked).toEqual(['dev.lanes.dev', 'lanes.dev']);
    expect((await check({ hasHostedZone: async (name) => name === 'lanes.dev' }))[1]).toMatch(/^ok: .*: lanes\.dev,/);
  });

  test('are no question for placeholders, or a host of CloudFront', async () => {
    expect(await check({}, { certificateArn: 'arn:aws:acm:us-east-1:111122223333:certificate/0' })).toEqual([]);
    expect(await linesOf(domainChecks({ type: 'cloudfront', host: 'd1.cloudfront.net' } as never, fakeAccount()))).toEqual([]);
  });
});

test('placeholders are problems, each with the file to change', async () => {
  const stage = { id: 'dev', edge: { domainName: 'lanes-dev.example.com', type: 'alb' } };
  expect(await linesOf([placeholderCheck(stage)])).toEqual([
    'problem: setting edge.domainName: "lanes-dev.example.com" is an example | set it in lib/stages/dev.ts',
  ]);
  expect(await linesOf([placeholderCheck({ id: 'dev' })])).toEqual(['ok: settings: no placeholder is left']);
});

describe('a prefix list', () => {
  const rule = { SourcePrefixListId: 'pl-1' };
  const stacks = [
    stackOf({ a: ['AWS::EC2::SecurityGroup', { SecurityGroupIngress: [rule] }], b: ['AWS::EC2::SecurityGroupIngress', rule] }),
  ];
  const check = (change: Parameters<typeof fakeAccount>[0] = {}) => linesOf(prefixListChecks(stacks, fakeAccount(change)));

  test("is CloudFront's, and fits into a security group", async () => {
    expect(await check({ quota: async () => 60 })).toEqual([
      "ok: prefix list pl-1 in us-east-1: CloudFront's",
      'ok: rules of a security group in us-east-1: the quota is 60, the stage needs 55',
    ]);
    expect((await check({ quota: async () => 50 }))[1]).toMatch(
      /^problem: .*--service-code vpc --quota-code L-0EA8095F --desired-value 55/,
    );
  });

  test('that is missing, or of something else, lets nobody in', async () => {
    expect(await check({ prefixList: async () => undefined })).toEqual([
      expect.stringMatching(/^problem: .*there is none.*\| aws ec2 describe-managed-prefix-lists .*--region us-east-1/),
    ]);
    expect(await check({ prefixList: async () => ({ name: 'com.amazonaws.us-east-1.s3', maxEntries: 10 }) })).toEqual([
      expect.stringMatching(/^problem: .*is com\.amazonaws\.us-east-1\.s3/),
    ]);
  });
});

describe("API Gateway's role for logs", () => {
  const api = ['AWS::ApiGatewayV2::Stage', { AccessLogSettings: {} }] as const;
  const setting = stackOf({ api, account: ['AWS::ApiGateway::Account'] });
  const leaving = stackOf({ api });
  const check = (stack: typeof setting, name?: string) =>
    linesOf(
      gatewayLogRoleChecks(
        [stack],
        fakeAccount({ gatewayLogRole: async () => (name === undefined ? undefined : `arn:aws:iam::${ACCOUNT_ID}:role/${name}`) }),
      ),
    );

  test('is set by the stack, unless others have set one', async () => {
    expect(await check(setting)).toEqual([expect.stringMatching(/^ok: .*none is set, LanesDevOne sets one/)]);
    expect(await check(setting, 'LanesDevOne-ApiLoggingRole-abc')).toEqual([expect.stringMatching(/^ok: .*set by LanesDevOne/)]);
    expect(await check(setting, 'theirs')).toEqual([
      expect.stringMatching(/^warning: .*would replace .*role\/theirs.*\| set setsAccountLogRole/),
    ]);
  });

  test('of a stack with a long name has the beginning of it', async () => {
    const long = { ...setting, name: 'OrdersOfAllCountriesDevelopmentOne' };
    expect(await check(long, 'OrdersOfAllCountriesDeve-ApiLoggingRole-abc')).toEqual([expect.stringMatching(/^ok: .*set by/)]);
    expect(await check({ ...setting, name: 'LanesDev' }, 'LanesDevOne-ApiLoggingRole-abc')).toEqual([expect.stringMatching(/^warning: /)]);
  });

  test('must be there if the stack leaves it alone', async () => {
    expect(await check(leaving, 'theirs')).toEqual([expect.stringMatching(/^ok: /)]);
    expect(await check(leaving)).toEqual([expect.stringMatching(/^problem: .*an API with access logs needs one/)]);
  });

  test('is no question without an API that logs', async () => {
    expect(await check(stackOf({ api: ['AWS::ApiGatewayV2::Stage', {}] }))).toEqual([]);
  });
});
