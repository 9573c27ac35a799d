import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Duration, Stack } from 'aws-cdk-lib';
import { type IRole, Policy, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { SingletonFunction } from 'aws-cdk-lib/aws-lambda';
import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import { BucketDeployment, CacheControl, type ISource, Source } from 'aws-cdk-lib/aws-s3-deployment';
import { Construct } from 'constructs';
import { CONSOLE_CONFIG_PATH } from '../../backbone/contract.ts';
import { acknowledge, acknowledgeWildcard } from '../acknowledgements.ts';
import { LaneLogGroup } from '../lane-log-group.ts';
import { buildConsole } from './build-console.ts';
import { FINDINGS } from './console-files.findings.ts';

/** Directory of files whose names change with their content. */
const ASSETS = 'assets';

export interface ConsoleFilesProps {
  readonly bucket: IBucket;
  /**
   * What the deployment tells the page: `packages/console/config.ts` reads it. May contain values that are
   * known only during the deploy.
   */
  readonly config: Readonly<Record<string, unknown>>;
  readonly logRetention: RetentionDays;
}

/**
 * Builds the console and copies it into a bucket during the deploy, with the CDK's `BucketDeployment`. Its
 * function gets our own role, which only allows what copying needs.
 */
export class ConsoleFiles extends Construct {
  constructor(scope: Construct, id: string, { bucket, config, logRetention }: ConsoleFilesProps) {
    super(scope, id);
    const logGroup = new LaneLogGroup(this, 'Log', { retention: logRetention });
    const role = new Role(this, 'Role', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
    logGroup.grantWrite(role);
    const copying = new Policy(this, 'Copying', {
      roles: [role as IRole],
      statements: [
        new PolicyStatement({ actions: ['s3:ListBucket'], resources: [bucket.bucketArn] }),
        new PolicyStatement({ actions: ['s3:PutObject', 's3:DeleteObject'], resources: [bucket.arnForObjects('*')] }),
      ],
    });
    acknowledgeWildcard(
      copying,
      bucket.arnForObjects('*'),
      'The bucket holds the console and nothing else. Its files have other names after every build, and a deploy adds and removes them.',
    );
    const readable = (source: ISource): ISource => ({
      bind: (binding, context) => {
        const found = source.bind(binding, context);
        copying.addStatements(
          new PolicyStatement({ actions: ['s3:GetObject'], resources: [found.bucket.arnForObjects(found.zipObjectKey)] }),
        );
        return found;
      },
    });
    // By itself the construct would grant every action that begins with s3:GetObject, s3:List …, on all
    // assets of the account.
    const common = { destinationBucket: bucket, role: role.withoutPolicyUpdates(), logGroup };
    const directory = mkdtempSync(join(tmpdir(), 'realtime-lanes-console-'));
    try {
      mkdirSync(join(directory, ASSETS));
      if (Stack.of(this).bundlingRequired) buildConsole(directory);
      const assets = new BucketDeployment(this, 'Assets', {
        ...common,
        sources: [readable(Source.asset(join(directory, ASSETS)))],
        destinationKeyPrefix: ASSETS,
        cacheControl: [CacheControl.setPublic(), CacheControl.maxAge(Duration.days(365)), CacheControl.immutable()],
        // A page that was loaded just before a deploy still asks for the old ones. A build is some 300 kB.
        prune: false,
      });
      const page = new BucketDeployment(this, 'Page', {
        ...common,
        sources: [
          readable(Source.asset(directory, { exclude: [ASSETS] })),
          readable(Source.jsonData(CONSOLE_CONFIG_PATH.slice(1), config)),
        ],
        // These files are neither copied nor pruned.
        exclude: [`${ASSETS}/*`],
        // CloudFront caches it for a second only, so nothing has to be invalidated.
        cacheControl: [CacheControl.noCache()],
      });
      for (const deployment of [assets, page]) deployment.node.addDependency(copying);
      // The files that the page refers to are copied first, then the page.
      page.node.addDependency(assets);
      acknowledgeProvider(page);
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  }
}

/** The CDK creates one function for all deployments of a stack, and does not expose it. */
function acknowledgeProvider(deployment: BucketDeployment): void {
  const { permissionsNode } = deployment.node.findChild('CustomResourceHandler') as SingletonFunction;
  const handler = permissionsNode.findChild('Resource');
  acknowledge(handler, ...FINDINGS.runtimeOfTheCdk);
  acknowledge(handler, ...FINDINGS.runsInDeploysOnly);
  acknowledge(handler, ...FINDINGS.outsideVpc);
}
