import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { bundleFunction, ROOT } from '../../lib/bundle.ts';
import { billOfMaterials } from '../../scripts/sbom.ts';

interface Bom {
  readonly bomFormat: string;
  readonly specVersion: string;
  readonly components: readonly {
    readonly type: string;
    readonly name: string;
    readonly version?: string;
    readonly purl?: string;
    readonly hashes?: readonly { readonly alg: string; readonly content: string }[];
    readonly licenses?: readonly { readonly expression?: string }[];
  }[];
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn?: readonly string[] }[];
}

let assembly: string;
let bom: Bom;

beforeAll(() => {
  assembly = mkdtempSync(join(tmpdir(), 'realtime-lanes-sbom-'));
  const Type = 'AWS::Lambda::Function';
  const Properties = { Runtime: 'nodejs24.x', Code: { S3Key: 'abc123.zip' } };
  writeFileSync(join(assembly, 'Stack.template.json'), JSON.stringify({ Resources: { It: { Type, Properties } } }));
  mkdirSync(join(assembly, 'asset.abc123'));
  bundleFunction('lambda/backbone/publish.ts', join(assembly, 'asset.abc123'));
  bom = JSON.parse(billOfMaterials(assembly));
});

afterAll(() => {
  rmSync(assembly, { recursive: true });
});

test('is a CycloneDX document', () => {
  expect(bom).toMatchObject({ bomFormat: 'CycloneDX', specVersion: '1.6' });
});

test('names a package with version, origin, license and the hash that it is locked by', () => {
  const lock = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8'));
  const { version, integrity } = lock.packages['node_modules/valibot'];
  expect(bom.components).toContainEqual(
    expect.objectContaining({
      type: 'library',
      name: 'valibot',
      version,
      purl: `pkg:npm/valibot@${version}`,
      licenses: [{ expression: 'MIT' }],
      hashes: [{ alg: 'SHA-512', content: Buffer.from(integrity.slice('sha512-'.length), 'base64').toString('hex') }],
    }),
  );
});

test('names what the function runs on, and that it depends on it', () => {
  expect(bom.components).toContainEqual(expect.objectContaining({ type: 'platform', name: 'nodejs24.x' }));
  expect(bom.dependencies.find(({ ref }) => ref === 'Stack/It')?.dependsOn).toContain('nodejs24.x');
});

test('contains nothing that is only used to build and test', () => {
  expect(bom.components.map(({ name }) => name)).not.toContain('esbuild');
});

test('is the same for the same assembly', () => {
  expect(JSON.parse(billOfMaterials(assembly))).toEqual(bom);
});
