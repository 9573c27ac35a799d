import type { IVpc } from 'aws-cdk-lib/aws-ec2';
import { FlowLogDestination, FlowLogTrafficType, GatewayVpcEndpointAwsService, IpAddresses, SubnetType, Vpc } from 'aws-cdk-lib/aws-ec2';
import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { acknowledge } from '../acknowledgements.ts';
import { LaneLogGroup } from '../lane-log-group.ts';
import { FINDINGS } from './network.findings.ts';

/** The subnets of the tasks. */
export const TASK_SUBNETS = { subnetGroupName: 'tasks' } as const;

export interface NetworkProps {
  /** One per zone limits the loss of a zone to that zone; a single one is cheaper. */
  readonly natGateways: number;
  /** How long flow logs are kept. */
  readonly logRetention: RetentionDays;
  /** @default 10.0.0.0/16 */
  readonly cidr?: string;
}

/**
 * A VPC over two zones: the load balancer in public subnets, tasks in private ones that reach AWS through
 * NAT.
 */
export class Network extends Construct {
  readonly vpc: IVpc;
  readonly flowLog: LaneLogGroup;

  constructor(scope: Construct, id: string, props: NetworkProps) {
    super(scope, id);
    // The CDK's classes do not satisfy their own interfaces under exactOptionalPropertyTypes, hence `as`.
    this.vpc = new Vpc(this, 'Vpc', {
      ipAddresses: IpAddresses.cidr(props.cidr ?? '10.0.0.0/16'),
      maxAzs: 2,
      natGateways: props.natGateways,
      subnetConfiguration: [
        { name: 'public', subnetType: SubnetType.PUBLIC, cidrMask: 24, mapPublicIpOnLaunch: false },
        { name: TASK_SUBNETS.subnetGroupName, subnetType: SubnetType.PRIVATE_WITH_EGRESS, cidrMask: 20 },
      ],
      // Emptying the default security group takes a custom resource with a function of its own. Nothing here
      // uses that group: the load balancer and the service each have their own.
      restrictDefaultSecurityGroup: false,
    }) as IVpc;
    acknowledge(this.vpc, ...FINDINGS.defaultGroupUnused);
    for (const subnet of this.vpc.publicSubnets) {
      acknowledge(subnet, ...FINDINGS.publicSubnets);
    }
    // The log and the image layers are most of the traffic, which is free through gateway endpoints.
    this.vpc.addGatewayEndpoint('DynamoDb', { service: GatewayVpcEndpointAwsService.DYNAMODB });
    this.vpc.addGatewayEndpoint('S3', { service: GatewayVpcEndpointAwsService.S3 });
    this.flowLog = new LaneLogGroup(this, 'FlowLog', { retention: props.logRetention });
    this.vpc.addFlowLog('Flows', {
      destination: FlowLogDestination.toCloudWatchLogs(this.flowLog),
      // Rejected traffic is what an investigation needs. Logging every accepted packet of every stream would
      // cost more than the streams.
      trafficType: FlowLogTrafficType.REJECT,
    });
  }
}
