import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative, sep } from 'node:path';
import { buildConsole } from '../packages/console/build.ts';

/** A code file in an asset does not tell what went into it. */
export class UntraceableCodeError extends Error {
  override readonly name = 'UntraceableCodeError';
}

/** One bundle that a stage deploys. */
export interface DeployedBundle {
  /** The resource that runs it: stack and logical id. */
  readonly name: string;
  /** What it runs on: Lambda's runtime, or the base image of its Dockerfile. */
  readonly base: { readonly kind: 'lambda' | 'image'; readonly name: string };
  /** Folders of the packages that went into it, as package-lock.json names them. */
  readonly packages: readonly string[];
}

interface Resource {
  readonly Type: string;
  readonly Properties?: { readonly Runtime?: string; readonly Layers?: readonly unknown[]; readonly ServiceToken?: unknown };
}

/**
 * What an assembly deploys to functions and containers. It is read from the bundles themselves: their source
 * maps name every file that contributed to them after tree shaking.
 * @throws UntraceableCodeError
 */
export function deployedBundles(assemblyDir: string): readonly DeployedBundle[] {
  const assets = readdirSync(assemblyDir, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && entry.name.startsWith('asset.') && existsCode(join(assemblyDir, entry.name)))
    .map(({ name }) => name);
  const templates = readdirSync(assemblyDir).filter((name) => name.endsWith('.template.json'));
  return templates.flatMap((template) => {
    const { Resources }: { Resources: Record<string, Resource> } = JSON.parse(readFileSync(join(assemblyDir, template), 'utf8'));
    return Object.entries(Resources).flatMap(([id, { Type, Properties }]) => {
      if (Type !== 'AWS::Lambda::Function' && Type !== 'AWS::ECS::TaskDefinition') return [];
      const served = Object.values(Resources).filter((other) => JSON.stringify(other.Properties?.ServiceToken ?? '').includes(`"${id}"`));
      if (served.length > 0) return [providerOf(`${template.replace('.template.json', '')}/${id}`, Properties, served)];
      // The asset's hash is part of the object's key or of the image's tag, whatever expression contains it.
      const text = JSON.stringify(Properties);
      const asset = assets.find((name) => text.includes(name.slice('asset.'.length)));
      if (asset === undefined) throw new UntraceableCodeError(`${template}: the code of ${id} is not an asset of this assembly`);
      const directory = join(assemblyDir, asset);
      const base =
        Type === 'AWS::Lambda::Function'
          ? { kind: 'lambda' as const, name: Properties?.Runtime ?? 'unknown' }
          : { kind: 'image' as const, name: baseImage(readFileSync(join(directory, 'Dockerfile'), 'utf8')) };
      return [{ name: `${template.replace('.template.json', '')}/${id}`, base, packages: packagesIn(directory) }];
    });
  });
}

/**
 * A function that the CDK adds for custom resources, with what it copies: the console, if it fills a bucket.
 */
function providerOf(name: string, properties: Resource['Properties'], served: readonly Resource[]): DeployedBundle {
  const layers = properties?.Layers === undefined ? [] : ['node_modules/@aws-cdk/asset-awscli-v1'];
  const copied = served.some(({ Type }) => Type === 'Custom::CDKBucketDeployment') ? consoleSources().flatMap(packageOf) : [];
  return {
    name,
    base: { kind: 'lambda', name: properties?.Runtime ?? 'unknown' },
    packages: [...new Set(['node_modules/aws-cdk-lib', ...layers, ...copied])].sort(),
  };
}

/** The base image of a Dockerfile, including tag and digest. */
export function baseImage(dockerfile: string): string {
  const from = /^FROM\s+(\S+)/m.exec(dockerfile)?.[1];
  if (from === undefined) throw new Error('the Dockerfile has no FROM line: add its base image');
  return from;
}

/** Folders of the packages that went into the code of a directory. */
function packagesIn(directory: string): readonly string[] {
  const sources = codeFiles(directory)
    .filter((file) => !isConsole(directory, file))
    .flatMap((file) => sourcesOf(file));
  // The console's files have no source maps, because those would be published too; the bundler tells its
  // sources.
  if (existsSync(join(directory, 'console'))) sources.push(...consoleSources());
  return [...new Set(sources.flatMap(packageOf))].sort();
}

const existsCode = (directory: string): boolean => codeFiles(directory).length > 0;

function codeFiles(directory: string): readonly string[] {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.[cm]?js$/.test(name))
    .map((name) => join(directory, name));
}

const isConsole = (directory: string, file: string): boolean => relative(directory, file).startsWith(`console${sep}`);

/** Names of the files that went into a bundle, from its source map, which is inside or next to it. */
function sourcesOf(file: string): readonly string[] {
  const url = /^\/\/# sourceMappingURL=(\S+)\s*$/m.exec(readFileSync(file, 'utf8'))?.[1];
  if (url === undefined) throw new UntraceableCodeError(`${file} has no source map`);
  const inline = /^data:application\/json;base64,(.*)$/.exec(url)?.[1];
  const map = inline === undefined ? readFileSync(join(dirname(file), url), 'utf8') : Buffer.from(inline, 'base64').toString('utf8');
  return JSON.parse(map).sources;
}

function consoleSources(): readonly string[] {
  const outDir = mkdtempSync(join(tmpdir(), 'realtime-lanes-console-'));
  try {
    return Object.values(buildConsole(outDir)).flat();
  } finally {
    rmSync(outDir, { recursive: true });
  }
}

/**
 * `../node_modules/a/node_modules/@b/c/d.js` belongs to `node_modules/a/node_modules/@b/c`; our own code
 * belongs to no package.
 */
export function packageOf(source: string): readonly string[] {
  const folder = /(?<=^|\/)node_modules\/(?:.*\/node_modules\/)?(?:@[^/]+\/)?[^/]+/.exec(source)?.[0];
  return folder === undefined ? [] : [folder];
}
