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
  /** Whether the image holds the console's page too. */
  readonly console: boolean;
}

/** The container image of the SSE service: a Dockerfile, the service bundled to one file and, if wanted, the console. */
export class ServiceImage extends Construct {
  readonly asset: DockerImageAsset;
  readonly image: ContainerImage;

  constructor(scope: Construct, id: string, props: ServiceImageProps) {
    super(scope, id);
    const directory = mkdtempSync(join(tmpdir(), 'realtime-lanes-image-'));
    try {
      copyFileSync(join(ROOT, 'fargate', 'sse', 'Dockerfile'), join(directory, 'Dockerfile'));
      // `cdk deploy OtherStack` bundles nothing of this stack, as it bundles none of its functions.
      if (Stack.of(this).bundlingRequired) {
        bundleProgram('fargate/sse/main.ts', join(directory, 'service.mjs'));
        if (props.console) buildConsole(join(directory, 'console'));
      }
      // Copies the directory into the cloud assembly, so it can go.
      this.asset = new DockerImageAsset(this, 'Asset', { directory, platform: Platform.LINUX_ARM64 });
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
    this.image = ContainerImage.fromDockerImageAsset(this.asset);
  }
}
