import { CloudFormationClient, DeleteStackCommand } from '@aws-sdk/client-cloudformation';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Account } from '../../../scripts/check-account/account.ts';
import { openAccount } from '../../../scripts/check-account/aws-account.ts';
import { NotReadOnlyError, readOnly } from '../../../scripts/check-account/read-only.ts';
import { type Answer, type Asked, type AwsServer, error, startAws, withAws } from './aws-server.ts';

const xml = (operation: string, result: string): Answer => ({
  body: `<${operation}Response><${operation}Result>${result}</${operation}Result></${operation}Response>`,
});
const ec2 = (operation: string, result: string): Answer => ({ body: `<${operation}Response>${result}</${operation}Response>` });
const json = (value: unknown): Answer => ({ body: JSON.stringify(value) });

const stack = `<Stacks><member><StackName>Here</StackName><StackStatus>ROLLBACK_FAILED</StackStatus><CreationTime>2026-11-30T00:00:00Z</CreationTime>
  <Tags><member><Key>project</Key><Value>ours</Value></member></Tags></member></Stacks>`;
const balancer = (type: string) => `<member><Type>${type}</Type></member>`;
const zone = (name: string, id: string, type = 'availability-zone', state = 'available') =>
  `<item><zoneName>${name}</zoneName><zoneId>${id}</zoneId><zoneType>${type}</zoneType><zoneState>${state}</zoneState></item>`;

/** An account that has one of each. */
function answer({ operation, body, region }: Asked): Answer | undefined {
  const names = (what: string) => body.includes(what);
  switch (operation) {
    case 'GetCallerIdentity':
      return xml(operation, '<Arn>arn:aws:iam::111111111111:user/ann</Arn><Account>111111111111</Account>');
    case 'ListRoles':
      return xml(
        operation,
        names('ecs.amazonaws.com')
          ? `<IsTruncated>false</IsTruncated><Roles><member><RoleName>AWSServiceRoleForECS</RoleName></member></Roles>`
          : '<IsTruncated>false</IsTruncated><Roles/>',
      );
    case 'DescribeStacks':
      return names('Here') ? xml(operation, stack) : error(operation, 'ValidationError', 'Stack with id Nowhere does not exist');
    case 'GetParameter':
      return names('/here')
        ? json({ Parameter: { Name: '/here', Value: '21' } })
        : error(operation, 'ParameterNotFound', 'no such parameter');
    case 'GetServiceQuota':
      return names('L-OWN') ? json({ Quota: { Value: 12 } }) : error(operation, 'NoSuchResourceException', 'the default applies');
    case 'GetAWSDefaultServiceQuota':
      return json({ Quota: { Value: 6 } });
    case 'DescribeVpcs':
      return ec2(operation, '<vpcSet><item/><item/></vpcSet>');
    case 'DescribeAddresses':
      return ec2(operation, '<addressesSet><item/></addressesSet>');
    case 'DescribeLoadBalancers':
      return xml(operation, `<LoadBalancers>${balancer('application')}${balancer('network')}</LoadBalancers>`);
    case 'DescribeAvailabilityZones':
      return ec2(
        operation,
        `<availabilityZoneInfo>${zone('x-1c', 'x1-az3', undefined, 'impaired')}${zone('x-1b', 'x1-az1')}${zone('x-1a', 'x1-az2')}${zone('x-1-lax', 'x1-lax', 'local-zone')}</availabilityZoneInfo>`,
      );
    case 'DescribeSubnets':
      return ec2(
        operation,
        region === 'eu-west-1' ? '<subnetSet/>' : '<subnetSet><item><availabilityZone>x-1b</availabilityZone></item></subnetSet>',
      );
    case 'DescribeCertificate':
      return names('certificate/here')
        ? json({
            Certificate: { Status: 'ISSUED', DomainName: 'a.example.com', SubjectAlternativeNames: ['a.example.com', '*.b.example.com'] },
          })
        : error(operation, 'ResourceNotFoundException', 'no such certificate');
    case 'DescribeManagedPrefixLists':
      return names('pl-here')
        ? ec2(operation, '<prefixListSet><item><prefixListName>theirs</prefixListName><maxEntries>55</maxEntries></item></prefixListSet>')
        : error(operation, 'InvalidPrefixListID.NotFound', 'no such list');
    case 'GET /2013-04-01/hostedzonesbyname':
      return {
        body: `<ListHostedZonesByNameResponse><HostedZones>
          <HostedZone><Id>/hostedzone/1</Id><Name>private.example.com.</Name><CallerReference>1</CallerReference><Config><PrivateZone>true</PrivateZone></Config></HostedZone>
          <HostedZone><Id>/hostedzone/2</Id><Name>public.example.com.</Name><CallerReference>2</CallerReference><Config><PrivateZone>false</PrivateZone></Config></HostedZone>
          </HostedZones><IsTruncated>false</IsTruncated><MaxItems>10</MaxItems></ListHostedZonesByNameResponse>`,
      };
    case 'GET /account':
      return json({ cloudwatchRoleArn: 'arn:aws:iam::111111111111:role/logs' });
    default:
      return undefined;
  }
}

const credentials = { AWS_ACCESS_KEY_ID: 'key', AWS_SECRET_ACCESS_KEY: 'secret', AWS_MAX_ATTEMPTS: '1' };
const before = { ...process.env };

let aws: AwsServer;
let account: Account & { readonly caller: string };

const open = (endpoint: string) => openAccount({ region: 'us-east-1', endpoint, signal: new AbortController().signal });

beforeAll(async () => {
  Object.assign(process.env, credentials);
  aws = await startAws(answer);
  account = await open(aws.endpoint);
});

afterAll(async () => {
  process.env = before;
  await aws.close();
});

test('an account is that of the caller', () => {
  expect([account.id, account.caller]).toEqual(['111111111111', 'arn:aws:iam::111111111111:user/ann']);
});

test('service-linked roles are found by their service', async () => {
  expect(await account.hasServiceRole('ecs.amazonaws.com')).toBe(true);
  expect(await account.hasServiceRole('elasticloadbalancing.amazonaws.com')).toBe(false);
});

test('a hosted zone is one of exactly this name, and public', async () => {
  expect(await account.hasHostedZone('public.example.com')).toBe(true);
  expect(await account.hasHostedZone('private.example.com')).toBe(false);
  expect(await account.hasHostedZone('example.com')).toBe(false);
});

describe('in a Region', () => {
  const here = () => account.in('us-east-1');

  test('a stack has its state and tags, and one that does not exist is none', async () => {
    expect(await here().stack('Here')).toEqual({ status: 'ROLLBACK_FAILED', tags: { project: 'ours' } });
    expect(await here().stack('Nowhere')).toBeUndefined();
  });

  test('a parameter has a value, and one that does not exist has none', async () => {
    expect(await here().parameter('/here')).toBe('21');
    expect(await here().parameter('/nowhere')).toBeUndefined();
  });

  test("a quota is the account's own, or AWS's default", async () => {
    expect(await here().quota('fargate', 'L-OWN')).toBe(12);
    expect(await here().quota('fargate', 'L-DEFAULT')).toBe(6);
  });

  test('things are counted: of load balancers, those for applications', async () => {
    expect(await here().count('vpcs')).toBe(2);
    expect(await here().count('addresses')).toBe(1);
    expect(await here().count('load balancers')).toBe(1);
  });

  test('zones come as templates get them: those with a default subnet, or all but local ones, by name', async () => {
    expect(await here().zones()).toEqual([{ name: 'x-1b', id: 'x1-az1', isAvailable: true }]);
    expect(await account.in('eu-west-1').zones()).toEqual([
      { name: 'x-1a', id: 'x1-az2', isAvailable: true },
      { name: 'x-1b', id: 'x1-az1', isAvailable: true },
      { name: 'x-1c', id: 'x1-az3', isAvailable: false },
    ]);
  });

  test('a certificate has its state and names, and one that does not exist is none', async () => {
    const arn = (id: string) => `arn:aws:acm:us-east-1:111111111111:certificate/${id}`;
    expect(await here().certificate(arn('here'))).toEqual({ status: 'ISSUED', names: ['a.example.com', '*.b.example.com'] });
    expect(await here().certificate(arn('nowhere'))).toBeUndefined();
  });

  test('a prefix list has a name and a weight, and one that does not exist is none', async () => {
    expect(await here().prefixList('pl-here')).toEqual({ name: 'theirs', maxEntries: 55 });
    expect(await here().prefixList('pl-nowhere')).toBeUndefined();
  });

  test('API Gateway has a role for logs', async () => {
    expect(await here().gatewayLogRole()).toBe('arn:aws:iam::111111111111:role/logs');
  });

  test('requests go to the Region', async () => {
    await account.in('eu-west-1').parameter('/here');
    expect(aws.asked.at(-1)).toMatchObject({ service: 'ssm', region: 'eu-west-1', operation: 'GetParameter' });
  });
});

test('what the caller may not ask rejects, so that it is not taken for missing; and everything that is sent only reads', () =>
  withAws(
    (asked) => (asked.operation === 'GetCallerIdentity' ? answer(asked) : undefined),
    async (strict) => {
      const { hasServiceRole, hasHostedZone, in: inRegion } = await open(strict.endpoint);
      const here = inRegion('us-east-1');
      const questions = [
        hasServiceRole('ecs.amazonaws.com'),
        hasHostedZone('example.com'),
        here.stack('Here'),
        here.parameter('/here'),
        here.quota('fargate', 'L-OWN'),
        here.count('vpcs'),
        here.count('addresses'),
        here.count('load balancers'),
        here.zones(),
        here.certificate('arn:aws:acm:us-east-1:111111111111:certificate/here'),
        here.prefixList('pl-here'),
        here.gatewayLogRole(),
      ];
      for (const { status, reason } of (await Promise.allSettled(questions)) as PromiseRejectedResult[]) {
        expect(status).toBe('rejected');
        expect(`${reason.name} ${reason.message}`).toMatch(/AccessDenied/);
      }
      const operations = new Set(strict.asked.map(({ operation }) => operation));
      expect(operations.size).toBeGreaterThan(questions.length);
      expect([...operations].filter((operation) => !/^(Get|List|Describe)[A-Z]|^GET /.test(operation))).toEqual([]);
    },
  ));

test('an endpoint that does not know the caller is an error that says what to do', () =>
  withAws(
    () => undefined,
    async ({ endpoint }) => {
      await expect(open(endpoint)).rejects.toThrow(/does not say whose account this is: check your credentials/);
    },
  ));

test('a client that only reads rejects everything else, and sends nothing', () =>
  withAws(
    () => undefined,
    async ({ endpoint, asked }) => {
      const client = readOnly(new CloudFormationClient({ region: 'us-east-1', endpoint }));
      await expect(client.send(new DeleteStackCommand({ StackName: 'Here' }))).rejects.toThrow(NotReadOnlyError);
      expect(asked).toEqual([]);
    },
  ));
