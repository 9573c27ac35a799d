import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Stack } from 'aws-cdk-lib';
import { DockerImageAsset, Platform } from 'aws-cdk-lib/aws-ecr-assets';
import { ContainerImage } from 'aws-cdk-lib/aws-ecs';
import { Construct } from 'constructs';
import { bundleProgram, ROOT } from '../bundle.ts';
import { buildConsole } from './build-console.ts';

export interface ServiceImageProps {
  /** Whether the image also contains the console. */
  readonly console: boolean;
}

/**
 * The container image of the SSE service: a Dockerfile, the service bundled into one file and, optionally,
 * the console.
 */
export class ServiceImage extends Construct {
  readonly asset: DockerImageAsset;
  readonly image: ContainerImage;

  constructor(scope: Construct, id: string, props: ServiceImageProps) {
    super(scope, id);
    const directory = mkdtempSync(join(tmpdir(), 'realtime-lanes-image-'));
    try {
      copyFileSync(join(ROOT, 'fargate', 'sse', 'Dockerfile'), join(directory, 'Dockerfile'));
      // `cdk deploy OtherStack` does not bundle this stack's service, just as it does not bundle its
      // functions.
      if (Stack.of(this).bundlingRequired) {
        bundleProgram('fargate/sse/main.ts', join(directory, 'service.mjs'));
        if (props.console) buildConsole(join(directory, 'console'));
      }
      // The asset copies the directory into the cloud assembly, so the directory can be deleted.
      this.asset = new DockerImageAsset(this, 'Asset', { directory, platform: Platform.LINUX_ARM64 });
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
    this.image = ContainerImage.fromDockerImageAsset(this.asset);
  }
}
