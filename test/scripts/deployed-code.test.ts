import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { buildSync } from 'esbuild';
import { bundleFunction, bundleProgram, ROOT } from '../../lib/bundle.ts';
import { baseImage, deployedBundles, packageOf } from '../../scripts/deployed-code.ts';

let assembly: string;

beforeEach(() => {
  assembly = mkdtempSync(join(tmpdir(), 'realtime-lanes-deployed-'));
});

afterEach(() => {
  rmSync(assembly, { recursive: true });
});

/** An assembly of one stack with one resource, whose code the asset `hash` is. */
function stackOf(resource: object): string {
  writeFileSync(join(assembly, 'Stack.template.json'), JSON.stringify({ Resources: { It: resource } }));
  const asset = join(assembly, 'asset.abc123');
  mkdirSync(asset);
  return asset;
}

/** Of it the bundler makes chunks, since it imports the AWS SDK. */
const ENTRY = 'lambda/backbone/publish.ts';

const FUNCTION = { Type: 'AWS::Lambda::Function', Properties: { Runtime: 'nodejs24.x', Code: { S3Key: 'abc123.zip' } } };
const TASK = { Type: 'AWS::ECS::TaskDefinition', Properties: { ContainerDefinitions: [{ Image: { 'Fn::Sub': 'repository:abc123' } }] } };

/** Packages of which the bundler says that something of them is in its output. */
function packagesByBundler(entry: string, splitting: boolean): readonly string[] {
  const { metafile } = buildSync({
    absWorkingDir: ROOT,
    entryPoints: [entry],
    outdir: assembly,
    write: false,
    metafile: true,
    bundle: true,
    splitting,
    minify: true,
    platform: 'node',
    format: 'esm',
    mainFields: ['module', 'main'],
  });
  const inputs = Object.values(metafile.outputs).flatMap((output) => Object.entries(output.inputs));
  return [...new Set(inputs.filter(([, { bytesInOutput }]) => bytesInOutput > 0).flatMap(([source]) => packageOf(source)))].sort();
}

test('names the packages of a function, those of its chunks too, as the bundler does', () => {
  bundleFunction(ENTRY, stackOf(FUNCTION));
  expect(deployedBundles(assembly)).toEqual([
    { name: 'Stack/It', base: { kind: 'lambda', name: 'nodejs24.x' }, packages: packagesByBundler(ENTRY, true) },
  ]);
});

test('names the packages of a container, whose source map is inside the file, and its base', () => {
  const asset = stackOf(TASK);
  bundleProgram(ENTRY, join(asset, 'service.mjs'));
  writeFileSync(join(asset, 'Dockerfile'), 'FROM node:24.1.2-slim\n');
  expect(deployedBundles(assembly)).toEqual([
    { name: 'Stack/It', base: { kind: 'image', name: 'node:24.1.2-slim' }, packages: packagesByBundler(ENTRY, false) },
  ]);
});

test('names the packages of the console', () => {
  const asset = stackOf(TASK);
  mkdirSync(join(asset, 'console'));
  writeFileSync(join(asset, 'console', 'main.js'), '');
  writeFileSync(join(asset, 'Dockerfile'), 'FROM node:24.1.2-slim\n');
  expect(deployedBundles(assembly)[0]?.packages).toContain('node_modules/preact');
});

test('names the CDK for a function behind a custom resource, and the console that it copies', () => {
  const provider = { Type: 'AWS::Lambda::Function', Properties: { Runtime: 'python3.13', Layers: [{ Ref: 'Cli' }] } };
  const files = { Type: 'Custom::CDKBucketDeployment', Properties: { ServiceToken: { 'Fn::GetAtt': ['Provider', 'Arn'] } } };
  writeFileSync(join(assembly, 'Stack.template.json'), JSON.stringify({ Resources: { Provider: provider, Files: files } }));
  expect(deployedBundles(assembly)).toEqual([
    {
      name: 'Stack/Provider',
      base: { kind: 'lambda', name: 'python3.13' },
      packages: expect.arrayContaining(['node_modules/@aws-cdk/asset-awscli-v1', 'node_modules/aws-cdk-lib', 'node_modules/preact']),
    },
  ]);
});

test('code that does not say what went into it is an error', () => {
  writeFileSync(join(stackOf(FUNCTION), 'index.mjs'), 'export const handler = () => {};\n');
  expect(() => deployedBundles(assembly)).toThrow(/index\.mjs has no source map/);
});

test('code from elsewhere is an error', () => {
  writeFileSync(join(stackOf({ ...FUNCTION, Properties: { Code: { ZipFile: 'exports.handler = 1' } } }), 'index.mjs'), '');
  expect(() => deployedBundles(assembly)).toThrow(/the code of It is no asset/);
});

describe('the package of a source file', () => {
  test.each([
    ['../../node_modules/valibot/dist/index.mjs', ['node_modules/valibot']],
    ['node_modules/@aws-sdk/core/dist-es/index.js', ['node_modules/@aws-sdk/core']],
    ['../node_modules/a/node_modules/@b/c/d.js', ['node_modules/a/node_modules/@b/c']],
    ['../../backbone/domain/event.ts', []],
  ])('%s', (source, folders) => {
    expect(packageOf(source)).toEqual(folders);
  });
});

test('a base image keeps its tag and digest', () => {
  expect(baseImage('# why\nFROM node:24-slim@sha256:00ff AS run\n')).toBe('node:24-slim@sha256:00ff');
});
