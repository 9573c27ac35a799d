import { beforeAll, describe, expect, test } from '@jest/globals';
import { Match, Template } from 'aws-cdk-lib/assertions';
import type { NetworkProps } from '../../../lib/sse/network.ts';
import { Network } from '../../../lib/sse/network.ts';
import { flatten, testStack } from '../harness.ts';

function synthesize(props: Partial<NetworkProps> = {}): Template {
  const stack = testStack();
  new Network(stack, 'Network', { natGateways: 1, logRetention: 7, ...props });
  return Template.fromStack(stack);
}

let template: Template;

beforeAll(() => {
  template = synthesize();
});

describe('the network', () => {
  test('spans two zones, with a public and a private subnet in each', () => {
    template.resourceCountIs('AWS::EC2::Subnet', 4);
    template.allResourcesProperties('AWS::EC2::Subnet', { MapPublicIpOnLaunch: false });
  });

  test('has as many NAT gateways as the stage pays for', () => {
    template.resourceCountIs('AWS::EC2::NatGateway', 1);
    synthesize({ natGateways: 2 }).resourceCountIs('AWS::EC2::NatGateway', 2);
  });

  test('is in the first two zones of the account, or in those that a stage names by their ids', () => {
    template.allResourcesProperties('AWS::EC2::Subnet', { AvailabilityZone: Match.anyValue(), AvailabilityZoneId: Match.absent() });
    const zones = Object.values(synthesize({ zoneIds: ['use1-az4', 'use1-az6'] }).findResources('AWS::EC2::Subnet')).map(
      ({ Properties }) => [Properties.AvailabilityZoneId, Properties.AvailabilityZone],
    );
    expect(zones).toEqual(['use1-az4', 'use1-az6', 'use1-az4', 'use1-az6'].map((id) => [id, undefined]));
    const saving = synthesize({ zoneIds: ['use1-az4', 'use1-az6'], natGateways: 0 });
    saving.allResourcesProperties('AWS::EC2::Subnet', { AvailabilityZone: Match.absent(), AvailabilityZoneId: Match.anyValue() });
  });

  test('reaches DynamoDB and S3 without the NAT gateway', () => {
    const services = Object.values(template.findResources('AWS::EC2::VPCEndpoint')).map(({ Properties }) =>
      flatten(Properties.ServiceName),
    );
    expect(services.sort()).toEqual(['com.amazonaws.<AWS::Region>.dynamodb', 'com.amazonaws.<AWS::Region>.s3']);
  });

  test('without NAT, has private subnets that lead nowhere, for a load balancer behind CloudFront', () => {
    const saving = synthesize({ natGateways: 0 });
    saving.resourceCountIs('AWS::EC2::NatGateway', 0);
    saving.resourceCountIs('AWS::EC2::EIP', 0);
    saving.resourceCountIs('AWS::EC2::Subnet', 4);
    const routes = Object.values(saving.findResources('AWS::EC2::Route')).map(({ Properties }) => Properties);
    expect(routes.map(({ RouteTableId }) => RouteTableId.Ref)).toEqual(Array(2).fill(expect.stringMatching(/publicSubnet\d/)));
    expect(routes.map(({ GatewayId }) => GatewayId)).toEqual(Array(2).fill(expect.anything()));
  });

  test('needs no function of its own', () => {
    template.resourceCountIs('Custom::VpcRestrictDefaultSG', 0);
  });

  test('logs what it rejects', () => {
    template.hasResourceProperties('AWS::EC2::FlowLog', { TrafficType: 'REJECT', LogDestinationType: 'cloud-watch-logs' });
  });

  test('takes another address range', () => {
    template.hasResourceProperties('AWS::EC2::VPC', { CidrBlock: '10.0.0.0/16' });
    synthesize({ cidr: '172.20.0.0/16' }).hasResourceProperties('AWS::EC2::VPC', { CidrBlock: '172.20.0.0/16' });
  });
});
