import type { CfnSubnet, IVpc, SubnetConfiguration, SubnetSelection } from 'aws-cdk-lib/aws-ec2';
import { FlowLogDestination, FlowLogTrafficType, GatewayVpcEndpointAwsService, IpAddresses, SubnetType, Vpc } from 'aws-cdk-lib/aws-ec2';
import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct, DependencyGroup, type IDependable } from 'constructs';
import { acknowledge } from '../acknowledgements.ts';
import { LaneLogGroup } from '../lane-log-group.ts';
import { FINDINGS } from './network.findings.ts';

export interface NetworkProps {
  /** One per zone limits the loss of a zone to that zone; a single one is cheaper. 0: tasks have public addresses. */
  readonly natGateways: number;
  /** How long flow logs are kept. */
  readonly logRetention: RetentionDays;
  /** Ids of the two zones. @default - the first two of the account */
  readonly zoneIds?: readonly string[] | undefined;
  /** @default 10.0.0.0/16 */
  readonly cidr?: string;
}

/** As the service takes it. */
export interface TaskPlacement {
  readonly vpcSubnets: SubnetSelection;
  readonly assignPublicIp: boolean;
}

const PUBLIC: SubnetConfiguration = { name: 'public', subnetType: SubnetType.PUBLIC, cidrMask: 24, mapPublicIpOnLaunch: false };

const BEHIND_NAT: SubnetConfiguration = { name: 'tasks', subnetType: SubnetType.PRIVATE_WITH_EGRESS, cidrMask: 20 };

/** For a load balancer that only CloudFront reaches, and nothing else: they have no way out. */
const ISOLATED: SubnetConfiguration = { name: 'internal', subnetType: SubnetType.PRIVATE_ISOLATED, cidrMask: 24 };

/**
 * A VPC over two zones: the load balancer in public subnets, tasks in private ones that reach AWS through
 * NAT. Without NAT, tasks are in the public subnets, and a load balancer behind CloudFront has private ones to itself.
 */
export class Network extends Construct {
  readonly vpc: IVpc;
  /** Where tasks run, and whether they have public addresses there. */
  readonly tasks: TaskPlacement;
  readonly flowLog: LaneLogGroup;
  /**
   * What tasks need to reach AWS. No reference tells CloudFormation of it: without a dependency, tasks may start before there is a
   * route, and may lose it while they still drain.
   */
  readonly egress: IDependable;

  constructor(scope: Construct, id: string, props: NetworkProps) {
    super(scope, id);
    const hasNat = props.natGateways > 0;
    this.tasks = { vpcSubnets: { subnetGroupName: (hasNat ? BEHIND_NAT : PUBLIC).name }, assignPublicIp: !hasNat };
    // The CDK's classes do not satisfy their own interfaces under exactOptionalPropertyTypes, hence `as`.
    this.vpc = new Vpc(this, 'Vpc', {
      ipAddresses: IpAddresses.cidr(props.cidr ?? '10.0.0.0/16'),
      maxAzs: 2,
      natGateways: props.natGateways,
      subnetConfiguration: [PUBLIC, hasNat ? BEHIND_NAT : ISOLATED],
      // Emptying the default security group takes a custom resource with a function of its own. Nothing here
      // uses that group: the load balancer and the service each have their own.
      restrictDefaultSecurityGroup: false,
    }) as IVpc;
    if (props.zoneIds !== undefined) placeIn(props.zoneIds, this.vpc);
    acknowledge(this.vpc, ...FINDINGS.defaultGroupUnused);
    for (const subnet of this.vpc.publicSubnets) {
      if (hasNat) acknowledge(subnet, ...FINDINGS.publicSubnets);
      else acknowledge(subnet, ...FINDINGS.publicTasks);
    }
    // The log and the image layers are most of the traffic; through a gateway endpoint it costs nothing.
    const dynamoDb = this.vpc.addGatewayEndpoint('DynamoDb', { service: GatewayVpcEndpointAwsService.DYNAMODB });
    const s3 = this.vpc.addGatewayEndpoint('S3', { service: GatewayVpcEndpointAwsService.S3 });
    // The routes to the internet, through NAT or not, are part of the subnets.
    this.egress = new DependencyGroup(...this.vpc.selectSubnets(this.tasks.vpcSubnets).subnets, dynamoDb, s3);
    this.flowLog = new LaneLogGroup(this, 'FlowLog', { retention: props.logRetention });
    this.vpc.addFlowLog('Flows', {
      destination: FlowLogDestination.toCloudWatchLogs(this.flowLog),
      // Rejected traffic is what an investigation needs. Logging every accepted packet of every stream would
      // cost more than the streams.
      trafficType: FlowLogTrafficType.REJECT,
    });
  }
}

/** The CDK knows zones by name only, and the one of an id differs by account. */
function placeIn(zoneIds: readonly string[], { publicSubnets, privateSubnets, isolatedSubnets }: IVpc): void {
  for (const subnets of [publicSubnets, privateSubnets, isolatedSubnets]) {
    for (const [index, { node }] of subnets.entries()) {
      const subnet = node.defaultChild as CfnSubnet;
      subnet.addPropertyDeletionOverride('AvailabilityZone');
      subnet.availabilityZoneId = zoneIds[index];
    }
  }
}
