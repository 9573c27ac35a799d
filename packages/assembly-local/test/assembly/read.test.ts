import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { readAssembly, UnreadableAssemblyError } from '../../assembly/read.ts';

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'assembly-'));
});

afterEach(() => rmSync(directory, { recursive: true }));

function write(file: string, content: unknown): void {
  const path = join(directory, file);
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
}

const stackArtifact = (templateFile: string, environment = 'aws://unknown-account/eu-west-1') => ({
  type: 'aws:cloudformation:stack',
  environment,
  properties: { templateFile },
});

test('stacks are read with name, Region and template', () => {
  write('manifest.json', { artifacts: { App: stackArtifact('App.template.json'), Tree: { type: 'cdk:tree' } } });
  write('App.template.json', { Resources: { Q: { Type: 'AWS::SQS::Queue' } } });
  const [stack] = readAssembly(directory).stacks;
  expect(stack).toMatchObject({
    name: 'App',
    region: 'eu-west-1',
    template: { Resources: { Q: { Type: 'AWS::SQS::Queue', Properties: {} } } },
  });
});

test('a stack that leaves its Region open runs in us-east-1', () => {
  write('manifest.json', { artifacts: { App: stackArtifact('t.json', 'aws://unknown-account/unknown-region') } });
  write('t.json', {});
  expect(readAssembly(directory).stacks[0]?.region).toBe('us-east-1');
});

test('assets are found by object key and image tag', () => {
  write('manifest.json', {
    artifacts: { App: stackArtifact('t.json'), 'App.assets': { type: 'cdk:asset-manifest', properties: { file: 'App.assets.json' } } },
  });
  write('t.json', {});
  write('App.assets.json', {
    files: { abc: { source: { path: 'asset.abc', packaging: 'zip' }, destinations: { current: { objectKey: 'abc.zip' } } } },
    dockerImages: { def: { source: { directory: 'asset.def' }, destinations: { current: { imageTag: 'def' } } } },
  });
  const { files, images } = readAssembly(directory);
  expect(files.get('abc.zip')).toBe(join(directory, 'asset.abc'));
  expect(images.get('def')).toBe(join(directory, 'asset.def'));
});

test('nested assemblies are included', () => {
  write('manifest.json', { artifacts: { Stage: { type: 'cdk:cloud-assembly', properties: { directoryName: 'assembly-Stage' } } } });
  write('assembly-Stage/manifest.json', { artifacts: { Inner: stackArtifact('t.json') } });
  write('assembly-Stage/t.json', {});
  expect(readAssembly(directory).stacks.map(({ name }) => name)).toEqual(['Inner']);
});

test('a directory that is not an assembly is an error that names the file', () => {
  expect(() => readAssembly(directory)).toThrow(UnreadableAssemblyError);
  expect(() => readAssembly(directory)).toThrow(/manifest\.json/);
});

test('an assembly without stacks is an error', () => {
  write('manifest.json', { artifacts: {} });
  expect(() => readAssembly(directory)).toThrow(/contains no stack/);
});

test('a template with another shape is an error that names the place', () => {
  write('manifest.json', { artifacts: { App: stackArtifact('t.json') } });
  write('t.json', { Resources: { Q: { Properties: {} } } });
  expect(() => readAssembly(directory)).toThrow(/t\.json.*Resources\.Q\.Type/);
});
