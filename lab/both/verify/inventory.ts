import type { AwsCall, CallAws } from './aws.ts';

/** How each kind of thing is listed, whichever stack it is of, by the service that has it. */
const LISTS: Readonly<Record<string, AwsCall>> = {
  stack: list('cloudformation', 'describe_stacks', 'Stacks[].StackName'),
  table: list('dynamodb', 'list_tables', 'TableNames[]'),
  queue: list('sqs', 'list_queues', 'QueueUrls[]'),
  topic: list('sns', 'list_topics', 'Topics[].TopicArn'),
  subscription: list('sns', 'list_subscriptions', 'Subscriptions[].SubscriptionArn'),
  function: list('lambda', 'list_functions', 'Functions[].FunctionName'),
  'event source': list('lambda', 'list_event_source_mappings', 'EventSourceMappings[].UUID'),
  'log group': list('logs', 'describe_log_groups', 'logGroups[].logGroupName'),
  role: list('iam', 'list_roles', 'Roles[].RoleName'),
  'managed policy': list('iam', 'list_policies', 'Policies[].PolicyName', { Scope: 'Local' }),
  'event rule': list('events', 'list_rules', 'Rules[].Name'),
  'WebSocket API': list('apigatewayv2', 'get_apis', 'Items[].ApiId'),
  'load balancer': list('elbv2', 'describe_load_balancers', 'LoadBalancers[].LoadBalancerArn'),
  'target group': list('elbv2', 'describe_target_groups', 'TargetGroups[].TargetGroupArn'),
  cluster: list('ecs', 'list_clusters', 'clusterArns[]'),
  'task definition': list('ecs', 'list_task_definitions', 'taskDefinitionArns[]'),
  alarm: list('cloudwatch', 'describe_alarms', 'MetricAlarms[].AlarmName'),
  dashboard: list('cloudwatch', 'list_dashboards', 'DashboardEntries[].DashboardName'),
  'user pool': list('cognito-idp', 'list_user_pools', 'UserPools[].Id', { MaxResults: 60 }),
  key: list('kms', 'list_keys', 'Keys[].KeyId'),
  bucket: list('s3', 'list_buckets', 'Buckets[].Name'),
  network: list('ec2', 'describe_vpcs', 'Vpcs[].VpcId'),
  subnet: list('ec2', 'describe_subnets', 'Subnets[].SubnetId'),
  'route table': list('ec2', 'describe_route_tables', 'RouteTables[].RouteTableId'),
  'security group': list('ec2', 'describe_security_groups', 'SecurityGroups[].GroupId'),
  'internet gateway': list('ec2', 'describe_internet_gateways', 'InternetGateways[].InternetGatewayId'),
  'network endpoint': list('ec2', 'describe_vpc_endpoints', 'VpcEndpoints[].VpcEndpointId'),
};

/** One thing that exists in the account. */
export interface Item {
  readonly kind: string;
  /** Name, id or ARN, as its service lists it. */
  readonly id: string;
}

export interface Inventory {
  /** Everything that there is in the account, as far as these stacks could have made it. */
  readonly items: readonly Item[];
  /** Kinds that the emulator does not list. */
  readonly unlisted: readonly string[];
}

export async function takeInventory(callAws: CallAws): Promise<Inventory> {
  const kinds = Object.keys(LISTS);
  const answers = await callAws(Object.values(LISTS).map((call) => ({ ...call, optional: true })));
  const items = kinds.flatMap((kind, at) => (answers[at] ?? []).map((id) => ({ kind, id: String(id) })));
  const keys = items.filter(({ kind }) => kind === 'key');
  const states = await callAws(keys.map(({ id }) => stateOfKey(id)));
  const ending = new Set(keys.flatMap((item, at) => (states[at]?.[0] === 'PendingDeletion' ? [item] : [])));
  return { items: items.filter((item) => !ending.has(item)), unlisted: kinds.filter((_, at) => answers[at] === null) };
}

/** A key that is deleted can be had back for 7 to 30 days, and is listed until then. */
function stateOfKey(id: string): AwsCall {
  return list('kms', 'describe_key', 'KeyMetadata.KeyState', { KeyId: id });
}

/** What is in an inventory and was not in an earlier one. */
export function newSince({ items: before }: Inventory, { items: now }: Inventory): readonly Item[] {
  const known = new Set(before.map(key));
  return now.filter((item) => !known.has(key(item)));
}

const key = ({ kind, id }: Item): string => `${kind} ${id}`;

function list(service: string, operation: string, expression: string, parameters?: AwsCall['parameters']): AwsCall {
  return { service, operation, expression, ...(parameters !== undefined && { parameters }) };
}
