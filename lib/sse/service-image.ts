import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Stack } from 'aws-cdk-lib';
import { DockerImageAsset, Platform } from 'aws-cdk-lib/aws-ecr-assets';
import { ContainerImage } from 'aws-cdk-lib/aws-ecs';
import { Construct } from 'constructs';
import { buildSync } from 'esbuild';

const ROOT = join(import.meta.dirname, '..', '..');

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
      copyFileSync(join(ROOT, 'fargate', 'Dockerfile'), join(directory, 'Dockerfile'));
      // `cdk deploy OtherStack` bundles nothing of this stack, as it bundles none of its functions.
      if (Stack.of(this).bundlingRequired) {
        bundleService(join(directory, 'service.mjs'));
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

function bundleService(outfile: string): void {
  buildSync({
    absWorkingDir: ROOT,
    entryPoints: [join(ROOT, 'fargate', 'main.ts')],
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    mainFields: ['module', 'main'],
    minify: true,
    // Minified names would show in logs and in `error.name`.
    keepNames: true,
    sourcemap: 'inline',
    sourcesContent: false,
    // CommonJS packages in an ES module bundle still call require().
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
    logLevel: 'warning',
  });
}

/** The console is no part of the infrastructure's code: it is a program that is run here. */
function buildConsole(outDir: string): void {
  execFileSync(process.execPath, [join(ROOT, 'console', 'build.ts'), outDir], { stdio: ['ignore', 'ignore', 'inherit'] });
}
