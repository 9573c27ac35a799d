import * as v from 'valibot';
import { UnsupportedTemplateError } from '../assembly/errors.ts';
import type { Assembly } from '../assembly/read.ts';
import type { Resource } from '../assembly/resolve.ts';
import { type Addresses, localize } from '../assembly/rewrite.ts';
import { type Declared, declared } from '../declared.ts';
import type { Log } from '../log.ts';
import type { Queues } from '../queues/queues.ts';
import { type AsyncSettings, Functions } from './functions.ts';
import { LambdaFunction } from './lambda-function.ts';

const functionProperties = v.object({
  Code: v.object({ S3Key: v.optional(v.string()) }),
  Handler: v.string(),
  Runtime: v.string(),
  Timeout: v.optional(v.number(), 3),
  MemorySize: v.optional(v.number(), 128),
  ReservedConcurrentExecutions: v.optional(v.number()),
  Environment: v.optional(v.object({ Variables: v.optional(v.record(v.string(), v.string()), {}) }), {}),
  DeadLetterConfig: v.optional(v.object({ TargetArn: v.string() })),
  Layers: v.optional(v.pipe(v.array(v.string()), v.maxLength(0, 'layers are not supported locally')), []),
});

const invokeConfigProperties = v.object({
  FunctionName: v.string(),
  MaximumRetryAttempts: v.optional(v.number(), 2),
  DestinationConfig: v.optional(v.object({ OnFailure: v.optional(v.object({ Destination: v.string() })) }), {}),
});

export interface FunctionsFromResources {
  readonly resources: readonly Resource[];
  readonly assembly: Assembly;
  readonly addresses: Addresses;
  /** Credentials, Region and endpoint, the same for everything that runs locally. */
  readonly awsEnv: Readonly<Record<string, string>>;
  /** Values in the place of those that the template sets. */
  readonly overrides: Readonly<Record<string, string>>;
  /** Instances of each function at most. */
  readonly maxInstances: number | undefined;
  readonly queues: Queues;
  readonly log: Log;
}

/** Makes the functions that the templates declare, from the bundles of the assembly. Their instances start when they are needed. */
export function functionsFromResources(options: FunctionsFromResources): Functions {
  const asyncSettings = new Map<string, AsyncSettings>();
  const functions = declared(options.resources, 'AWS::Lambda::Function', functionProperties).map((fn) => {
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
  { assembly, addresses, awsEnv, overrides, maxInstances, log }: FunctionsFromResources,
): LambdaFunction {
  const { Code, Handler, Runtime, Timeout, MemorySize, Environment, ReservedConcurrentExecutions } = properties;
  const directory = assembly.files.get(Code.S3Key ?? '');
  if (directory === undefined) throw new UnsupportedTemplateError(`${resource.logicalId}: its code is not a file asset of the assembly`);
  if (!Runtime.startsWith('nodejs')) throw new UnsupportedTemplateError(`${resource.logicalId}: the runtime ${Runtime} cannot run locally`);
  const variables = Object.entries(Environment.Variables ?? {});
  return new LambdaFunction({
    name: resource.name,
    arn: resource.attributes['Arn'] ?? resource.name,
    directory,
    timeoutMs: Timeout * 1000,
    reservedConcurrency: ReservedConcurrentExecutions,
    maxInstances,
    log,
    env: () => ({
      ...awsEnv,
      PATH: '/usr/local/bin:/usr/bin:/bin',
      TZ: ':UTC',
      LAMBDA_TASK_ROOT: directory,
      _HANDLER: Handler,
      AWS_EXECUTION_ENV: `AWS_Lambda_${Runtime}`,
      AWS_LAMBDA_FUNCTION_NAME: resource.name,
      AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(MemorySize),
      AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
      AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${resource.name}`,
      AWS_LAMBDA_LOG_STREAM_NAME: 'local',
      ...Object.fromEntries(variables.map(([key, text]) => [key, overrides[key] ?? localize(text, addresses)])),
    }),
  });
}
