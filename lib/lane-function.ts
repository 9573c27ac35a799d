import { join } from 'node:path';
import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import type { IGrantable, IRole } from 'aws-cdk-lib/aws-iam';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Architecture, LoggingFormat, Runtime } from 'aws-cdk-lib/aws-lambda';
import { SqsDestination } from 'aws-cdk-lib/aws-lambda-destinations';
import { LogLevel, NodejsFunction, OutputFormat, SourceMapMode } from 'aws-cdk-lib/aws-lambda-nodejs';
import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type { DeadLetterQueue } from './dead-letter-queue.ts';

const ROOT = join(import.meta.dirname, '..');

/** Something with an identity and an environment: a function, or a container with its task role. */
export interface Configurable extends IGrantable {
  readonly grantPrincipal: IRole;
  addEnvironment(key: string, value: string): unknown;
}

export interface LaneFunctionProps {
  /** The file that exports `handler`, from the repository's root. */
  readonly entry: string;
  /** What the function is for, in one sentence. */
  readonly description: string;
  /** How long CloudWatch keeps the function's log. */
  readonly logRetention: RetentionDays;
  /** How long one invocation may run. */
  readonly timeout: Duration;
  /** @default 256 */
  readonly memoryMb?: number;
  /** @default none besides what later grants add */
  readonly environment?: Readonly<Record<string, string>>;
}

/**
 * A Node.js function on arm64, bundled with the AWS SDK that the lock file names, with a log group of its own and a
 * role that may write to that log group and nothing else until something is granted.
 */
export class LaneFunction extends Construct implements Configurable {
  readonly function: NodejsFunction;
  readonly role: Role;
  readonly logGroup: LogGroup;
  readonly grantPrincipal: IRole;

  constructor(scope: Construct, id: string, props: LaneFunctionProps) {
    super(scope, id);
    this.logGroup = new LogGroup(this, 'Log', { retention: props.logRetention, removalPolicy: RemovalPolicy.DESTROY });
    // The managed policy AWSLambdaBasicExecutionRole would allow writing to every log group of the account.
    this.role = new Role(this, 'Role', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
    this.logGroup.grantWrite(this.role);
    this.function = new NodejsFunction(this, 'Function', {
      entry: join(ROOT, props.entry),
      handler: 'handler',
      description: props.description,
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      memorySize: props.memoryMb ?? 256,
      timeout: props.timeout,
      role: this.role,
      logGroup: this.logGroup,
      loggingFormat: LoggingFormat.JSON,
      environment: { NODE_OPTIONS: '--enable-source-maps', ...props.environment },
      // A switch of version 2 of the SDK; version 3 keeps connections anyway.
      awsSdkConnectionReuse: false,
      projectRoot: ROOT,
      depsLockFilePath: join(ROOT, 'package-lock.json'),
      bundling: {
        format: OutputFormat.ESM,
        mainFields: ['module', 'main'],
        // The SDK that was tested is the SDK that runs.
        bundleAwsSDK: true,
        minify: true,
        logLevel: LogLevel.WARNING,
        // Minified names would show in logs and in `error.name`.
        keepNames: true,
        sourceMap: true,
        sourceMapMode: SourceMapMode.DEFAULT,
        sourcesContent: false,
        // CommonJS packages in an ES module bundle still call require().
        banner: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
      },
    });
    this.grantPrincipal = this.role;
  }

  /**
   * Makes the function the target of an EventBridge rule. An event that EventBridge cannot hand over for an hour, or
   * that the function fails on three times, ends in the dead-letter queue.
   */
  eventTarget(deadLetters: DeadLetterQueue): LambdaFunction {
    const maxEventAge = Duration.hours(1);
    this.function.configureAsyncInvoke({ onFailure: new SqsDestination(deadLetters.queue), retryAttempts: 2, maxEventAge });
    return new LambdaFunction(this.function, { deadLetterQueue: deadLetters.queue, retryAttempts: 10, maxEventAge });
  }

  addEnvironment(key: string, value: string): this {
    this.function.addEnvironment(key, value);
    return this;
  }
}
