const WRITE_LOGS = ['logs:CreateLogGroup', 'logs:CreateLogStream', 'logs:PutLogEvents'];

/**
 * Managed policies of AWS that CDK constructs attach by themselves, by their names, as far as a local run
 * needs them.
 * https://docs.aws.amazon.com/aws-managed-policy/latest/reference/policy-list.html
 */
const ACTIONS: Readonly<Record<string, readonly string[]>> = {
  'service-role/AWSLambdaBasicExecutionRole': WRITE_LOGS,
  // Lambda itself creates a network interface, which a local run does not need.
  'service-role/AWSLambdaVPCAccessExecutionRole': WRITE_LOGS,
  'service-role/AWSLambdaSQSQueueExecutionRole': [...WRITE_LOGS, 'sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'],
  'service-role/AmazonECSTaskExecutionRolePolicy': [
    'ecr:GetAuthorizationToken',
    'ecr:BatchCheckLayerAvailability',
    'ecr:GetDownloadUrlForLayer',
    'ecr:BatchGetImage',
    'logs:CreateLogStream',
    'logs:PutLogEvents',
  ],
};

/** The document of a managed policy of AWS; undefined if it is not known here. */
export function managedByAws(arn: string): object | undefined {
  const [, name] = /^arn:aws[\w-]*:iam::aws:policy\/(.+)$/.exec(arn) ?? [];
  const actions = name !== undefined && Object.hasOwn(ACTIONS, name) ? ACTIONS[name] : undefined;
  return actions === undefined ? undefined : { Statement: { Effect: 'Allow', Action: actions, Resource: '*' } };
}
