import type { InterfaceVpcEndpoint, ISecurityGroup, IVpc } from 'aws-cdk-lib/aws-ec2';
import {
  FlowLogDestination,
  FlowLogTrafficType,
  GatewayVpcEndpointAwsService,
  InterfaceVpcEndpointAwsService,
  IpAddresses,
  Port,
  SecurityGroup,
  SubnetType,
  Vpc,
} from 'aws-cdk-lib/aws-ec2';
import type { FargateService } from 'aws-cdk-lib/aws-ecs';
import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { acknowledge } from '../acknowledgements.ts';
import { LaneLogGroup } from '../lane-log-group.ts';
import type { SseConfig } from './sse-config.ts';

/** The subnets of the tasks. */
export const TASK_SUBNETS = { subnetGroupName: 'tasks' } as const;

/** What a task calls besides DynamoDB and S3, and what Fargate calls to start it: its image, its log. */
const SERVICES = {
  EcrApi: InterfaceVpcEndpointAwsService.ECR,
  EcrDocker: InterfaceVpcEndpointAwsService.ECR_DOCKER,
  Logs: InterfaceVpcEndpointAwsService.CLOUDWATCH_LOGS,
  LoadBalancing: InterfaceVpcEndpointAwsService.ELASTIC_LOAD_BALANCING,
  Sns: InterfaceVpcEndpointAwsService.SNS,
  Sqs: InterfaceVpcEndpointAwsService.SQS,
} as const;

export interface NetworkProps {
  /** How tasks reach AWS: through NAT gateways, or through endpoints of what they call. */
  readonly network: SseConfig['network'];
  /** How long flow logs are kept. */
  readonly logRetention: RetentionDays;
  /** @default 10.0.0.0/16 */
  readonly cidr?: string;
}

/** A VPC over two zones: the load balancer in public subnets, tasks in private ones that reach AWS through NAT, or through endpoints and nothing else. */
export class Network extends Construct {
  readonly vpc: IVpc;
  readonly flowLog: LaneLogGroup;
  private readonly endpoints: readonly InterfaceVpcEndpoint[];
  private readonly endpointGroup: SecurityGroup | undefined;

  constructor(scope: Construct, id: string, props: NetworkProps) {
    super(scope, id);
    const nat = props.network.type === 'nat';
    // The CDK's classes do not satisfy their own interfaces under exactOptionalPropertyTypes, hence `as`.
    this.vpc = new Vpc(this, 'Vpc', {
      ipAddresses: IpAddresses.cidr(props.cidr ?? '10.0.0.0/16'),
      maxAzs: 2,
      natGateways: nat ? props.network.gateways : 0,
      subnetConfiguration: [
        { name: 'public', subnetType: SubnetType.PUBLIC, cidrMask: 24, mapPublicIpOnLaunch: false },
        {
          name: TASK_SUBNETS.subnetGroupName,
          subnetType: nat ? SubnetType.PRIVATE_WITH_EGRESS : SubnetType.PRIVATE_ISOLATED,
          cidrMask: 20,
        },
      ],
      // Emptying the default security group takes a custom resource with a function of its own. Nothing here uses that
      // group: the load balancer and the service each have theirs.
      restrictDefaultSecurityGroup: false,
    }) as IVpc;
    acknowledge(
      this.vpc,
      'Nothing is in the default security group, and it takes connections from its own members only. Emptying it takes a custom resource whose role may change security groups: more to attack than it removes.',
      'NIST.800.53.R5-VPCDefaultSecurityGroupClosed',
    );
    for (const subnet of this.vpc.publicSubnets) {
      acknowledge(
        subnet,
        'The public subnets hold the load balancer, which clients reach from the internet, and the NAT gateways. Tasks are in private subnets and have no route from the internet.',
        'NIST.800.53.R5-VPCNoUnrestrictedRouteToIGW',
      );
    }
    // The log and the image layers are most of the traffic; through a gateway endpoint it costs nothing.
    this.vpc.addGatewayEndpoint('DynamoDb', { service: GatewayVpcEndpointAwsService.DYNAMODB });
    this.vpc.addGatewayEndpoint('S3', { service: GatewayVpcEndpointAwsService.S3 });
    this.endpointGroup = nat
      ? undefined
      : new SecurityGroup(this, 'EndpointGroup', { vpc: this.vpc, description: 'Endpoints of AWS services', allowAllOutbound: false });
    this.endpoints = this.endpointGroup === undefined ? [] : this.addEndpoints(this.endpointGroup as ISecurityGroup);
    this.flowLog = new LaneLogGroup(this, 'FlowLog', { retention: props.logRetention });
    this.vpc.addFlowLog('Flows', {
      destination: FlowLogDestination.toCloudWatchLogs(this.flowLog),
      // What was refused is what an investigation needs; every accepted packet of every stream would cost more than the streams.
      trafficType: FlowLogTrafficType.REJECT,
    });
  }

  /** Lets a service call AWS, and has it wait for the way there: without it no task could even load its image. */
  admit(service: FargateService): void {
    this.endpointGroup?.connections.allowFrom(service, Port.tcp(443), 'Tasks of the service');
    service.node.addDependency(...this.endpoints);
  }

  private addEndpoints(group: ISecurityGroup): readonly InterfaceVpcEndpoint[] {
    return Object.entries(SERVICES).map(([id, service]) =>
      // Under the names of AWS, so that no client needs to know. `open` would let in the whole VPC.
      this.vpc.addInterfaceEndpoint(id, { service, subnets: TASK_SUBNETS, securityGroups: [group], open: false, privateDnsEnabled: true }),
    );
  }
}
