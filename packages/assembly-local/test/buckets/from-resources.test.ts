import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { Resource } from '../../assembly/resolve.ts';
import type { Bucket } from '../../buckets/bucket.ts';
import { deployFiles } from '../../buckets/from-resources.ts';

let directory: string;
let bucket: Bucket;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'lanes-bucket-'));
  bucket = { name: 'site', host: 'site.s3.us-east-1.amazonaws.com', objects: new Map() };
});

afterEach(() => rmSync(directory, { recursive: true }));

function deploy(files: Readonly<Record<string, string>>, properties: Resource['properties'] = {}): void {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(join(directory, path, '..'), { recursive: true });
    writeFileSync(join(directory, path), content);
  }
  const resource: Resource = {
    type: 'Custom::CDKBucketDeployment',
    stack: 'Test',
    logicalId: 'Files',
    region: 'us-east-1',
    ref: 'files',
    name: 'files',
    attributes: {},
    properties: { SourceObjectKeys: ['a.zip'], DestinationBucketName: 'site', ...properties },
  };
  const assembly = { stacks: [], files: new Map([['a.zip', directory]]), images: new Map() };
  deployFiles([resource], [bucket], { assembly, addresses: new Map([['https://lanes.example', 'http://127.0.0.1:1']]) });
}

const textOf = (key: string) => bucket.objects.get(key)?.body.toString();

test('copies a folder under a prefix, with type and cache control', () => {
  deploy({ 'a.js': 'a', 'b/c.svg': 'c' }, { DestinationBucketKeyPrefix: 'assets', SystemMetadata: { 'cache-control': 'no-cache' } });
  expect([...bucket.objects.keys()].sort()).toEqual(['assets/a.js', 'assets/b/c.svg']);
  expect(bucket.objects.get('assets/a.js')).toMatchObject({ contentType: 'text/javascript', cacheControl: 'no-cache' });
});

test('leaves out what is excluded', () => {
  deploy({ 'index.html': '', 'assets/a.js': 'a' }, { Exclude: ['assets/*'] });
  expect([...bucket.objects.keys()]).toEqual(['index.html']);
});

test('replaces markers with values, with local addresses', () => {
  deploy(
    { 'config.json': '{"url":"https://<<m>>/x","quoted":"<<q>>"}' },
    { SourceMarkers: [{ '<<m>>': 'lanes.example', '<<q>>': '"' }], SourceMarkersConfig: [{ jsonEscape: true }] },
  );
  expect(JSON.parse(textOf('config.json') ?? '')).toEqual({ url: 'http://127.0.0.1:1/x', quoted: '"' });
});

test('puts local addresses into a configuration without markers, and leaves other files unchanged', () => {
  deploy({ 'config.json': '{"issuer":"https://lanes.example"}', 'page.js': 'connect("https://lanes.example")' });
  expect(textOf('config.json')).toBe('{"issuer":"http://127.0.0.1:1"}');
  expect(textOf('page.js')).toBe('connect("https://lanes.example")');
});

test('a bucket that is not declared is an error', () => {
  expect(() => deploy({}, { DestinationBucketName: 'other' })).toThrow('Files: its bucket is not in this assembly');
});
