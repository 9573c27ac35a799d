/** What a resource of a template is in the diagram, and which other resources it connects. */

/** A value of a template whose intrinsic functions are not evaluated. */
export type Properties = Readonly<Record<string, unknown>>;

/** A drawn resource. */
export interface NodeKind {
  readonly noun: string;
  /** What Mermaid puts before and after the label: the shape. */
  readonly shape: readonly [open: string, close: string];
}

const BOX = ['[', ']'] as const;
const STORE = ['[(', ')]'] as const;
const QUEUE = ['[/', '/]'] as const;
const ROUND = ['([', '])'] as const;

export const NODES: Readonly<Record<string, NodeKind>> = {
  'AWS::ApiGatewayV2::Api': { noun: 'API Gateway', shape: BOX },
  'AWS::CloudFront::Distribution': { noun: 'CloudFront distribution', shape: BOX },
  'AWS::Cognito::UserPool': { noun: 'Cognito user pool', shape: BOX },
  'AWS::DynamoDB::GlobalTable': { noun: 'DynamoDB table', shape: STORE },
  'AWS::DynamoDB::Table': { noun: 'DynamoDB table', shape: STORE },
  'AWS::ECS::Service': { noun: 'Fargate service', shape: ROUND },
  'AWS::ElasticLoadBalancingV2::LoadBalancer': { noun: 'load balancer', shape: BOX },
  'AWS::Events::Rule': { noun: 'EventBridge rule', shape: ['>', ']'] },
  'AWS::Lambda::Function': { noun: 'function', shape: ROUND },
  'AWS::S3::Bucket': { noun: 'S3 bucket', shape: STORE },
  'AWS::SNS::Topic': { noun: 'SNS topic', shape: ['{{', '}}'] },
  'AWS::SQS::Queue': { noun: 'SQS queue', shape: QUEUE },
  'AWS::WAFv2::WebACL': { noun: 'web ACL', shape: BOX },
};

/** Not drawn: an arrow to one of these continues to whatever it leads to. */
export const JOINTS: ReadonlySet<string> = new Set([
  'AWS::CloudFront::VpcOrigin',
  'AWS::ECS::TaskDefinition',
  'AWS::ElasticLoadBalancingV2::TargetGroup',
  'AWS::IAM::Role',
  'AWS::Lambda::Alias',
]);

/** An arrow. `from` and `to` are values of the template that refer to its ends, or `self`. */
export interface Link {
  readonly from: unknown;
  readonly to: unknown;
  readonly label?: string;
  /** The path of messages that could not be handled. */
  readonly failure?: true;
}

export const SELF = Symbol('self');

const VERBS: Readonly<Record<string, string>> = {
  'dynamodb:BatchGetItem': 'reads',
  'dynamodb:GetItem': 'reads',
  'dynamodb:Query': 'reads',
  'dynamodb:Scan': 'reads',
  'dynamodb:': 'writes',
  'ecs:': 'looks at',
  'elasticloadbalancing:': 'looks at',
  'execute-api:ManageConnections': 'posts',
  'lambda:InvokeFunction': 'invokes',
  'sns:Publish': 'publishes',
  'sns:Subscribe': 'subscribes queues',
  'sns:Unsubscribe': 'unsubscribes queues',
  'sqs:SendMessage': 'sends',
};

/**
 * What an allowed action does, as the arrow's label. Undefined if another arrow shows it already: an event
 * source's polling, logs, keys.
 */
function verb(action: string): string | undefined {
  return VERBS[action] ?? VERBS[action.replace(/:.*$/, ':')];
}

interface Statement {
  readonly Effect: string;
  readonly Action: string | readonly string[];
  readonly Resource?: unknown;
}

/** One arrow for each verb of a statement, from every role of the policy. */
function grants(policy: Properties): readonly Link[] {
  const { Statement = [] } = (policy['PolicyDocument'] ?? {}) as { readonly Statement?: readonly Statement[] };
  return Statement.filter(({ Effect }) => Effect === 'Allow').flatMap(({ Action, Resource }) => {
    const verbs = new Set([Action].flat().map(verb));
    return [...verbs].flatMap((label) => (label === undefined ? [] : [{ from: policy['Roles'], to: Resource, label }]));
  });
}

const toSelf = (from: unknown): readonly Link[] => [{ from, to: SELF }];
const fromSelf = (to: unknown): readonly Link[] => [{ from: SELF, to }];
const on = (value: unknown, key: string): unknown => (value as Properties | undefined)?.[key];

/** The arrows that a resource of a type stands for. */
export const LINKS: Readonly<Record<string, (properties: Properties) => readonly Link[]>> = {
  'AWS::ApiGatewayV2::Integration': ({ ApiId, IntegrationUri }) => [{ from: ApiId, to: IntegrationUri, label: 'invokes' }],
  'AWS::CloudFront::Distribution': ({ DistributionConfig }) => [
    ...fromSelf(on(DistributionConfig, 'Origins')),
    ...toSelf(on(DistributionConfig, 'WebACLId')),
  ],
  'AWS::CloudFront::VpcOrigin': ({ VpcOriginEndpointConfig }) => fromSelf(on(VpcOriginEndpointConfig, 'Arn')),
  'AWS::ECS::Service': ({ LoadBalancers, TaskDefinition }) => [...toSelf(LoadBalancers), ...fromSelf(TaskDefinition)],
  'AWS::ECS::TaskDefinition': ({ TaskRoleArn }) => fromSelf(TaskRoleArn),
  'AWS::ElasticLoadBalancingV2::Listener': ({ LoadBalancerArn, DefaultActions }) => [{ from: LoadBalancerArn, to: DefaultActions }],
  'AWS::ElasticLoadBalancingV2::LoadBalancer': ({ LoadBalancerAttributes }) => [
    { from: SELF, to: LoadBalancerAttributes, label: 'logs to' },
  ],
  'AWS::Events::Rule': ({ Targets }) =>
    ((Targets ?? []) as readonly Properties[]).flatMap(({ Arn, DeadLetterConfig }) => [
      ...fromSelf(Arn),
      { from: SELF, to: DeadLetterConfig, failure: true },
    ]),
  'AWS::IAM::Policy': grants,
  'AWS::Lambda::Alias': ({ FunctionName }) => fromSelf(FunctionName),
  'AWS::Lambda::EventInvokeConfig': ({ FunctionName, DestinationConfig }) => [
    { from: FunctionName, to: on(DestinationConfig, 'OnFailure'), failure: true },
  ],
  'AWS::Lambda::EventSourceMapping': ({ EventSourceArn, FunctionName }) => [{ from: EventSourceArn, to: FunctionName }],
  'AWS::Lambda::Function': ({ Role }) => fromSelf(Role),
  'AWS::SNS::Subscription': ({ TopicArn, Endpoint, RedrivePolicy }) => [
    { from: TopicArn, to: Endpoint },
    { from: TopicArn, to: RedrivePolicy, failure: true },
  ],
  'AWS::SQS::Queue': ({ RedrivePolicy }) => [{ from: SELF, to: RedrivePolicy, failure: true }],
  'AWS::WAFv2::WebACLAssociation': ({ WebACLArn, ResourceArn }) => [{ from: WebACLArn, to: ResourceArn }],
  'AWS::Cognito::UserPool': ({ LambdaConfig }) => [{ from: SELF, to: LambdaConfig, label: 'invokes' }],
  'Custom::CDKBucketDeployment': ({ ServiceToken, DestinationBucketName }) => [
    { from: ServiceToken, to: DestinationBucketName, label: 'fills' },
  ],
  'Custom::S3AutoDeleteObjects': ({ ServiceToken, BucketName }) => [{ from: ServiceToken, to: BucketName, label: 'empties' }],
};
