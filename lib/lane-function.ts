import { dirname, join } from 'node:path';
import { AssetHashType, DockerImage, Duration, type Size, Stack } from 'aws-cdk-lib';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import type { IGrantable, IRole } from 'aws-cdk-lib/aws-iam';
import { Grant, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Architecture, Code, Function as LambdaRuntimeFunction, LoggingFormat, Runtime } from 'aws-cdk-lib/aws-lambda';
import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { TELEMETRY_ENV } from '../backbone/contract.ts';
import { acknowledge } from './acknowledgements.ts';
import { bundleFunction, ROOT } from './bundle.ts';
import type { DeadLetterQueue } from './dead-letter-queue.ts';
import { FINDINGS } from './lane-function.findings.ts';
import { LaneLogGroup } from './lane-log-group.ts';
import { ProcessSettings } from './process-settings.ts';

/** Something with an identity, an environment and settings: a function, or a container with its task role. */
export interface Configurable extends IGrantable {
  readonly grantPrincipal: IRole;
  readonly settings: ProcessSettings;
  addEnvironment(key: string, value: string): unknown;
}

export interface LaneFunctionProps {
  /** The file that exports `handler`, relative to the repository's root. */
  readonly entry: string;
  /** What the function is for, in one sentence. */
  readonly description: string;
  /** How long CloudWatch keeps the function's log. */
  readonly logRetention: RetentionDays;
  /** How long one invocation may run. */
  readonly timeout: Duration;
  /** @default 256 MiB */
  readonly memory?: Size;
  /** @default none besides what later grants add */
  readonly environment?: Readonly<Record<string, string>>;
}

/**
 * A Node.js function on arm64, bundled with the AWS SDK of the lock file. It has its own log group and a role
 * that may write to that log group and nothing else until something is granted.
 */
export class LaneFunction extends Construct implements Configurable {
  readonly function: LambdaRuntimeFunction;
  readonly role: Role;
  readonly logGroup: LaneLogGroup;
  readonly timeout: Duration;
  readonly grantPrincipal: IRole;
  readonly settings = new ProcessSettings(this);

  constructor(scope: Construct, id: string, props: LaneFunctionProps) {
    super(scope, id);
    this.timeout = props.timeout;
    this.logGroup = new LaneLogGroup(this, 'Log', { retention: props.logRetention });
    // The managed policy AWSLambdaBasicExecutionRole would allow writing to every log group of the account.
    this.role = new Role(this, 'Role', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
    this.logGroup.grantWrite(this.role);
    this.function = new LambdaRuntimeFunction(this, 'Function', {
      code: bundledCode(props.entry),
      handler: 'index.handler',
      description: props.description,
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      memorySize: props.memory?.toMebibytes() ?? 256,
      timeout: props.timeout,
      role: this.role,
      logGroup: this.logGroup,
      loggingFormat: LoggingFormat.JSON,
      environment: {
        NODE_OPTIONS: '--enable-source-maps',
        [TELEMETRY_ENV.stack]: Stack.of(this).stackName,
        ...props.environment,
      },
    });
    this.grantPrincipal = this.role;
    acknowledge(this.function, ...FINDINGS.outsideVpc);
    acknowledge(this.function, ...FINDINGS.deadLettersWhereNeeded);
    acknowledge(this.function, ...FINDINGS.noReservation);
  }

  /**
   * Makes the function the target of an EventBridge rule. An event that EventBridge cannot deliver for an
   * hour, or that fails in the function three times, goes to the dead-letter queue.
   */
  eventTarget(deadLetters: DeadLetterQueue): LambdaFunction {
    const maxEventAge = Duration.hours(1);
    // The CDK's `SqsDestination` would also allow reading the queue's attributes, which Lambda does not need.
    const { queueArn } = deadLetters.queue;
    Grant.addToPrincipal({ grantee: this, actions: ['sqs:SendMessage'], resourceArns: [queueArn] });
    this.function.configureAsyncInvoke({ onFailure: { bind: () => ({ destination: queueArn }) }, retryAttempts: 2, maxEventAge });
    return new LambdaFunction(this.function, { deadLetterQueue: deadLetters.queue, retryAttempts: 10, maxEventAge });
  }

  /**
   * Makes the function the target of an EventBridge rule whose events are soon worth nothing, and whose loss something else makes up
   * for: one that fails for a minute is dropped.
   */
  hintTarget(): LambdaFunction {
    const maxEventAge = Duration.minutes(1);
    this.function.configureAsyncInvoke({ retryAttempts: 2, maxEventAge });
    return new LambdaFunction(this.function, { retryAttempts: 10, maxEventAge });
  }

  addEnvironment(key: string, value: string): this {
    this.function.addEnvironment(key, value);
    return this;
  }
}

function bundledCode(entry: string): Code {
  return Code.fromAsset(join(ROOT, dirname(entry)), {
    // The hash is of the bundle, not of the folder that contains the entry.
    assetHashType: AssetHashType.OUTPUT,
    bundling: {
      // Never used, because the bundle is made on this machine, but required by the type.
      image: DockerImage.fromRegistry('scratch'),
      // The CDK bundles once per folder and options. Without this option, all functions of a folder would get
      // the first one's bundle.
      command: [entry],
      local: {
        tryBundle(outputDir) {
          bundleFunction(entry, outputDir);
          return true;
        },
      },
    },
  });
}
