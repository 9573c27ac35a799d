import * as v from 'valibot';
import { UnsupportedTemplateError } from '../assembly/errors.ts';
import type { Assembly } from '../assembly/read.ts';
import type { Resource } from '../assembly/resolve.ts';
import { ACCOUNT } from '../assembly/resource-types.ts';
import { type Addresses, localize } from '../assembly/rewrite.ts';
import { blaming, type Declared, declared, fromDeclared } from '../declared.ts';
import type { Access } from '../iam/access.ts';
import { deliveredLog } from '../iam/log-delivery.ts';
import type { Permission } from '../iam/permission.ts';
import { compilePolicy, type Statement } from '../iam/policy.ts';
import type { Roles } from '../iam/roles.ts';
import { functionCredentials, type Sessions } from '../iam/sessions.ts';
import type { Log } from '../log.ts';
import type { Queues } from '../queues/queues.ts';
import { withSettings } from '../settings.ts';
import { type AsyncSettings, Functions } from './functions.ts';
import { LambdaFunction } from './lambda-function.ts';

const functionProperties = v.object({
  Code: v.object({ S3Key: v.optional(v.string()) }),
  Handler: v.string(),
  Runtime: v.string(),
  Role: v.string(),
  Timeout: v.optional(v.number(), 3),
  MemorySize: v.optional(v.number(), 128),
  ReservedConcurrentExecutions: v.optional(v.number()),
  Environment: v.optional(v.object({ Variables: v.optional(v.record(v.string(), v.string()), {}) }), {}),
  LoggingConfig: v.optional(v.object({ LogGroup: v.optional(v.string()) }), {}),
  DeadLetterConfig: v.optional(v.object({ TargetArn: v.string() })),
  Layers: v.optional(v.pipe(v.array(v.string()), v.maxLength(0, 'layers are not supported locally')), []),
});

const invokeConfigProperties = v.object({
  FunctionName: v.string(),
  MaximumRetryAttempts: v.optional(v.number(), 2),
  DestinationConfig: v.optional(v.object({ OnFailure: v.optional(v.object({ Destination: v.string() })) }), {}),
});

const permissionProperties = v.object({
  Action: v.string(),
  FunctionName: v.string(),
  Principal: v.string(),
  SourceArn: v.optional(v.string()),
  SourceAccount: v.optional(v.string()),
});

const aliasProperties = v.object({
  FunctionName: v.string(),
  Name: v.string(),
  RoutingConfig: v.optional(v.never('weights are not supported locally')),
});

export interface FunctionsFromResources {
  readonly resources: readonly Resource[];
  readonly assembly: Assembly;
  readonly addresses: Addresses;
  readonly roles: Roles;
  readonly sessions: Sessions;
  readonly access: Access;
  /** Region and endpoint, the same for everything that runs locally. */
  readonly awsEnv: Readonly<Record<string, string>>;
  /** In the place of those that the template sets. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** Instances of each function at most. */
  readonly maxInstances: number | undefined;
  readonly queues: Queues;
  readonly log: Log;
}

/** Makes the functions that the templates declare, from the bundles of the assembly. Their instances start when they are needed. */
export function functionsFromResources(options: FunctionsFromResources): Functions {
  const asyncSettings = new Map<string, AsyncSettings>();
  // Those behind custom resources act in a deploy: what matters of it, the local run does itself (packages/assembly-local/buckets).
  const providers = new Set(options.resources.map(({ properties }) => properties['ServiceToken']));
  const running = options.resources.filter(({ attributes }) => !providers.has(attributes['Arn'] ?? ''));
  const functions = fromDeclared(running, 'AWS::Lambda::Function', functionProperties, (fn) => {
    asyncSettings.set(fn.resource.name, { maxRetries: 2, deadLetterArn: fn.properties.DeadLetterConfig?.TargetArn });
    return toFunction(fn, options);
  });
  for (const { properties } of declared(options.resources, 'AWS::Lambda::EventInvokeConfig', invokeConfigProperties)) {
    const { FunctionName, MaximumRetryAttempts, DestinationConfig } = properties;
    asyncSettings.set(FunctionName, {
      ...asyncSettings.get(FunctionName),
      maxRetries: MaximumRetryAttempts,
      onFailureArn: DestinationConfig.OnFailure?.Destination,
    });
  }
  return new Functions({ functions, asyncSettings, queues: options.queues, log: options.log });
}

function toFunction(
  { resource, properties }: Declared<v.InferOutput<typeof functionProperties>>,
  { resources, assembly, addresses, roles, sessions, access, awsEnv, settings, maxInstances, log }: FunctionsFromResources,
): LambdaFunction {
  const { Code, Handler, Runtime, Timeout, MemorySize, Environment, ReservedConcurrentExecutions } = properties;
  const directory = assembly.files.get(Code.S3Key ?? '');
  if (directory === undefined) throw new UnsupportedTemplateError(`${resource.logicalId}: its code is not a file asset of the assembly`);
  if (!Runtime.startsWith('nodejs')) throw new UnsupportedTemplateError(`${resource.logicalId}: the runtime ${Runtime} cannot run locally`);
  const arn = resource.attributes['Arn'] ?? resource.name;
  const session = sessions.open(roles.take(properties.Role, 'lambda.amazonaws.com'), resource.name);
  const allowed = (permission: Permission) => access.allows(session, permission);
  const logGroup = properties.LoggingConfig.LogGroup ?? `/aws/lambda/${resource.name}`;
  const logStream = 'local';
  const aliases = declared(resources, 'AWS::Lambda::Alias', aliasProperties).filter(
    ({ properties }) => properties.FunctionName === resource.name,
  );
  const variables = Object.entries(Environment.Variables ?? {});
  return new LambdaFunction({
    name: resource.name,
    arn,
    directory,
    aliases: aliases.map((alias) => alias.properties.Name),
    policy: policyOf(arn, resource.name, resources),
    allowed,
    timeoutMs: Timeout * 1000,
    reservedConcurrency: ReservedConcurrentExecutions,
    maxInstances,
    log: deliveredLog({ log, region: resource.region, account: ACCOUNT, logGroup, logStream, allowed }),
    env: () => ({
      ...awsEnv,
      ...functionCredentials(session),
      PATH: '/usr/local/bin:/usr/bin:/bin',
      TZ: ':UTC',
      LAMBDA_TASK_ROOT: directory,
      _HANDLER: Handler,
      AWS_EXECUTION_ENV: `AWS_Lambda_${Runtime}`,
      AWS_LAMBDA_FUNCTION_NAME: resource.name,
      AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(MemorySize),
      AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
      AWS_LAMBDA_LOG_GROUP_NAME: logGroup,
      AWS_LAMBDA_LOG_STREAM_NAME: logStream,
      ...Object.fromEntries(variables.map(([key, text]) => [key, withSettings(key, localize(text, addresses), settings)])),
    }),
  });
}

/** The resource policy that the permissions of a function make, as `lambda:AddPermission` would write it. */
function policyOf(functionArn: string, name: string, resources: readonly Resource[]): readonly Statement[] {
  return declared(resources, 'AWS::Lambda::Permission', permissionProperties)
    .filter(({ properties }) => [functionArn, name].includes(properties.FunctionName))
    .flatMap(({ resource, properties }) => {
      const { Action, Principal, SourceArn, SourceAccount } = properties;
      const statement = {
        Effect: 'Allow',
        Principal: Principal.includes('.') ? { Service: Principal } : { AWS: Principal },
        Action,
        Resource: functionArn,
        Condition: {
          ...(SourceArn === undefined ? {} : { ArnLike: { 'AWS:SourceArn': SourceArn } }),
          ...(SourceAccount === undefined ? {} : { StringEquals: { 'AWS:SourceAccount': SourceAccount } }),
        },
      };
      return blaming(resource, () => compilePolicy({ Statement: statement }, `${resource.stack}/${resource.logicalId}`));
    });
}
