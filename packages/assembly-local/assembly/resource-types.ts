/** What a type needs to know about a resource in order to answer `Ref` and `GetAtt`. */
export interface ResourceNaming {
  readonly region: string;
  /** Physical name: the name property, or derived from stack and logical id as CloudFormation does. */
  readonly name: string;
  /** Short and unique, for services that assign ids. */
  readonly id: string;
  /** Another property, evaluated. */
  text(property: string): string;
  arn(service: string, resource: string): string;
}

type Attribute = (resource: ResourceNaming) => string;

/** A type that the local run emulates. */
export interface HandledType {
  readonly kind: 'handled';
  /** The property that sets the physical name; CloudFormation generates a name if it is absent. */
  readonly nameProperty?: string;
  readonly ref: Attribute;
  readonly attributes: Readonly<Record<string, Attribute>>;
}

/** A type that a local run can do without. References to it get a stand-in. */
export interface InertType {
  readonly kind: 'inert';
  readonly reason: string;
}

export const ACCOUNT = '000000000000';

/** Host name of an API of API Gateway. */
export function apiHost(apiId: string, region: string): string {
  return `${apiId}.execute-api.${region}.amazonaws.com`;
}

const fullName = (kind: string, r: ResourceNaming) => `${kind}/${r.name}/${r.id}`;
const loadBalancerArn = (r: ResourceNaming) => r.arn('elasticloadbalancing', fullName('loadbalancer/app', r));
const targetGroupArn = (r: ResourceNaming) => r.arn('elasticloadbalancing', fullName('targetgroup', r));
const ruleArn = (r: ResourceNaming) => r.arn('elasticloadbalancing', `listener-rule/app/${r.name}/${r.id}`);
const listenerArn = (r: ResourceNaming) => r.arn('elasticloadbalancing', `listener/app/${r.name}/${r.id}`);
const tableArn = (r: ResourceNaming) => r.arn('dynamodb', `table/${r.name}`);
const subscriptionArn = (r: ResourceNaming) => `${r.text('TopicArn')}:${r.id}`;
const serviceArn = (r: ResourceNaming) => r.arn('ecs', `service/${r.text('Cluster')}/${r.name}`);
/** A rule of the default bus is known by its name alone. */
const ruleOfBus = (r: ResourceNaming, separator: string) =>
  ['', 'default'].includes(r.text('EventBusName')) ? r.name : `${r.text('EventBusName')}${separator}${r.name}`;
const userPoolId = (r: ResourceNaming) => `${r.region}_${r.id}`;
const userPoolProvider = (r: ResourceNaming) => `cognito-idp.${r.region}.amazonaws.com/${userPoolId(r)}`;
const handled = (ref: Attribute, attributes: HandledType['attributes'] = {}, nameProperty?: string): HandledType => ({
  kind: 'handled',
  ref,
  attributes,
  ...(nameProperty === undefined ? {} : { nameProperty }),
});
const globalArn = (service: string, resource: string) => `arn:aws:${service}::${ACCOUNT}:${resource}`;
const managedPolicyArn = (r: ResourceNaming) => globalArn('iam', `policy/${r.name}`);
const table = handled(
  (r) => r.name,
  { Arn: tableArn, TableName: (r) => r.name, StreamArn: (r) => `${tableArn(r)}/stream/local` },
  'TableName',
);

const functionArn = (r: ResourceNaming, qualifier: string) => r.arn('lambda', `function:${r.text('FunctionName')}:${qualifier}`);
const aliasArn = (r: ResourceNaming) => functionArn(r, r.text('Name'));

const HANDLED: Readonly<Record<string, HandledType>> = {
  'AWS::ApiGatewayV2::Api': handled((r) => r.id, { ApiId: (r) => r.id, ApiEndpoint: (r) => `wss://${apiHost(r.id, r.region)}` }),
  'AWS::ApiGatewayV2::Integration': handled((r) => r.id, { IntegrationId: (r) => r.id }),
  'AWS::ApiGatewayV2::Route': handled((r) => r.id, { RouteId: (r) => r.id }),
  'AWS::ApiGatewayV2::Stage': handled((r) => r.text('StageName')),
  'AWS::CloudFront::Distribution': handled((r) => r.id, {
    DistributionId: (r) => r.id,
    DomainName: (r) => `${r.id}.cloudfront.net`,
    Id: (r) => r.id,
  }),
  'AWS::CloudFront::ResponseHeadersPolicy': handled((r) => r.id, { Id: (r) => r.id }),
  'AWS::Cognito::UserPool': handled(userPoolId, {
    Arn: (r) => r.arn('cognito-idp', `userpool/${userPoolId(r)}`),
    ProviderName: userPoolProvider,
    ProviderURL: (r) => `https://${userPoolProvider(r)}`,
    UserPoolId: userPoolId,
  }),
  'AWS::Cognito::UserPoolClient': handled((r) => r.id, { ClientId: (r) => r.id }),
  'AWS::DynamoDB::Table': table,
  'AWS::DynamoDB::GlobalTable': table,
  'AWS::ECS::Cluster': handled((r) => r.name, { Arn: (r) => r.arn('ecs', `cluster/${r.name}`) }, 'ClusterName'),
  'AWS::ECS::Service': handled(serviceArn, { ServiceArn: serviceArn, Name: (r) => r.name }, 'ServiceName'),
  'AWS::ECS::TaskDefinition': handled(
    (r) => r.arn('ecs', `task-definition/${r.name}:1`),
    { TaskDefinitionArn: (r) => r.arn('ecs', `task-definition/${r.name}:1`) },
    'Family',
  ),
  'AWS::ElasticLoadBalancingV2::Listener': handled(listenerArn, { ListenerArn: listenerArn }),
  'AWS::ElasticLoadBalancingV2::ListenerRule': handled(ruleArn, { RuleArn: ruleArn }),
  'AWS::ElasticLoadBalancingV2::LoadBalancer': handled(
    loadBalancerArn,
    {
      LoadBalancerArn: loadBalancerArn,
      DNSName: (r) => `${r.name}-${r.id}.${r.region}.elb.amazonaws.com`,
      LoadBalancerFullName: (r) => fullName('app', r),
      LoadBalancerName: (r) => r.name,
      CanonicalHostedZoneID: () => 'Z000000000000',
    },
    'Name',
  ),
  'AWS::ElasticLoadBalancingV2::TargetGroup': handled(
    targetGroupArn,
    { TargetGroupArn: targetGroupArn, TargetGroupFullName: (r) => fullName('targetgroup', r), TargetGroupName: (r) => r.name },
    'Name',
  ),
  'AWS::Events::EventBus': handled((r) => r.name, { Arn: (r) => r.arn('events', `event-bus/${r.name}`), Name: (r) => r.name }, 'Name'),
  'AWS::Events::Rule': handled((r) => ruleOfBus(r, '|'), { Arn: (r) => r.arn('events', `rule/${ruleOfBus(r, '/')}`) }, 'Name'),
  'AWS::IAM::ManagedPolicy': handled(managedPolicyArn, { PolicyArn: managedPolicyArn }, 'ManagedPolicyName'),
  'AWS::IAM::Policy': handled((r) => r.name, {}, 'PolicyName'),
  'AWS::IAM::Role': handled(
    (r) => r.name,
    { Arn: (r) => globalArn('iam', `role/${r.name}`), RoleId: (r) => `AROA${r.id.toUpperCase()}` },
    'RoleName',
  ),
  'AWS::KMS::Key': handled((r) => r.id, { Arn: (r) => r.arn('kms', `key/${r.id}`), KeyId: (r) => r.id }),
  'AWS::Lambda::Alias': handled(aliasArn, { AliasArn: aliasArn }),
  'AWS::Lambda::EventInvokeConfig': handled((r) => r.id),
  'AWS::Lambda::EventSourceMapping': handled((r) => r.id, { Id: (r) => r.id }),
  'AWS::Lambda::Function': handled((r) => r.name, { Arn: (r) => r.arn('lambda', `function:${r.name}`) }, 'FunctionName'),
  'AWS::Lambda::Permission': handled((r) => r.id, { Id: (r) => r.id }),
  'AWS::Lambda::Version': handled((r) => functionArn(r, '1'), { FunctionArn: (r) => functionArn(r, '1'), Version: () => '1' }),
  'AWS::Logs::LogGroup': handled((r) => r.name, { Arn: (r) => r.arn('logs', `log-group:${r.name}:*`) }, 'LogGroupName'),
  'AWS::S3::Bucket': handled(
    (r) => r.name,
    {
      Arn: (r) => `arn:aws:s3:::${r.name}`,
      DomainName: (r) => `${r.name}.s3.amazonaws.com`,
      RegionalDomainName: (r) => `${r.name}.s3.${r.region}.amazonaws.com`,
    },
    'BucketName',
  ),
  'AWS::SNS::Subscription': handled(subscriptionArn, { Arn: subscriptionArn }),
  'AWS::SNS::Topic': handled((r) => r.arn('sns', r.name), { TopicArn: (r) => r.arn('sns', r.name), TopicName: (r) => r.name }, 'TopicName'),
  'AWS::SNS::TopicPolicy': handled((r) => r.id, { Id: (r) => r.id }),
  'AWS::SQS::Queue': handled(
    (r) => `https://sqs.${r.region}.amazonaws.com/${ACCOUNT}/${r.name}`,
    {
      Arn: (r) => r.arn('sqs', r.name),
      QueueName: (r) => r.name,
      QueueUrl: (r) => `https://sqs.${r.region}.amazonaws.com/${ACCOUNT}/${r.name}`,
    },
    'QueueName',
  ),
  'AWS::SQS::QueuePolicy': handled((r) => r.id, { Id: (r) => r.id }),
  'Custom::CDKBucketDeployment': handled((r) => r.id),
  'Custom::S3AutoDeleteObjects': handled((r) => r.id),
};

const NETWORK = 'everything runs on the loopback interface';
const OBSERVED = 'nothing collects metrics or logs locally';
const FILTER = 'whoever reaches the loopback interface is on this machine';
const ROLLOUT = 'every local run starts with the newest version';
const BUCKETS = 'buckets of a local run are in its memory, and only its distributions read them';
const CAPACITY = 'the number of tasks is an option of the local run';

const INERT: Readonly<Record<string, string>> = {
  'AWS::ApiGateway::Account': OBSERVED,
  'AWS::ApiGatewayV2::Deployment': 'the local gateway always serves the newest routes',
  'AWS::ApplicationAutoScaling::ScalableTarget': CAPACITY,
  'AWS::ApplicationAutoScaling::ScalingPolicy': CAPACITY,
  'AWS::CDK::Metadata': 'it describes the synthesis only',
  'AWS::CloudFront::Function': 'clients reach the local WebSocket gateway directly, by its own host',
  'AWS::CloudFront::OriginAccessControl': BUCKETS,
  'AWS::CloudFront::VpcOrigin': NETWORK,
  'AWS::CloudWatch::Alarm': OBSERVED,
  'AWS::CloudWatch::CompositeAlarm': OBSERVED,
  'AWS::CloudWatch::Dashboard': OBSERVED,
  'AWS::CodeDeploy::Application': ROLLOUT,
  'AWS::CodeDeploy::DeploymentGroup': ROLLOUT,
  'AWS::Cognito::UserPoolDomain': 'the issuer of the local run has an address of its own',
  'AWS::EC2::EIP': NETWORK,
  'AWS::EC2::FlowLog': OBSERVED,
  'AWS::EC2::InternetGateway': NETWORK,
  'AWS::EC2::NatGateway': NETWORK,
  'AWS::EC2::NetworkAcl': NETWORK,
  'AWS::EC2::NetworkAclEntry': NETWORK,
  'AWS::EC2::Route': NETWORK,
  'AWS::EC2::RouteTable': NETWORK,
  'AWS::EC2::SecurityGroup': NETWORK,
  'AWS::EC2::SecurityGroupEgress': NETWORK,
  'AWS::EC2::SecurityGroupIngress': NETWORK,
  'AWS::EC2::Subnet': NETWORK,
  'AWS::EC2::SubnetNetworkAclAssociation': NETWORK,
  'AWS::EC2::SubnetRouteTableAssociation': NETWORK,
  'AWS::EC2::VPC': NETWORK,
  'AWS::EC2::VPCEndpoint': NETWORK,
  'AWS::EC2::VPCGatewayAttachment': NETWORK,
  'AWS::ECS::ClusterCapacityProviderAssociations': CAPACITY,
  'AWS::KMS::Alias': 'data of a local run is not encrypted at rest',
  'AWS::Lambda::LayerVersion': 'functions behind custom resources have layers, and do not run locally',
  'AWS::Logs::Delivery': OBSERVED,
  'AWS::Logs::DeliveryDestination': OBSERVED,
  'AWS::Logs::DeliverySource': OBSERVED,
  'AWS::Logs::MetricFilter': OBSERVED,
  'AWS::S3::BucketPolicy': BUCKETS,
  'AWS::WAFv2::LoggingConfiguration': OBSERVED,
  'AWS::WAFv2::WebACL': FILTER,
  'AWS::WAFv2::WebACLAssociation': FILTER,
};

/** How the local run treats a resource type; undefined for a type that it does not know. */
export function resourceType(name: string): HandledType | InertType | undefined {
  const handledType = HANDLED[name];
  if (handledType !== undefined) return handledType;
  const reason = INERT[name];
  return reason === undefined ? undefined : { kind: 'inert', reason };
}
