import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { writeTemplate } from '../../../../both/verify/assembly/write-template.ts';

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'realtime-lanes-template-'));
});

afterEach(() => {
  rmSync(directory, { recursive: true });
});

const OLD = 'a'.repeat(64);
const CODE = 'c'.repeat(64);

const write = (name: string, content: object) => writeFileSync(join(directory, name), JSON.stringify(content));
const read = (name: string) => JSON.parse(readFileSync(join(directory, name), 'utf8'));

/** As a synth leaves it. */
function writeAssembly(): void {
  write('Lanes.template.json', { Resources: {} });
  write('Lanes.assets.json', {
    files: {
      [CODE]: { source: { path: 'asset.code' }, destinations: { here: { objectKey: `${CODE}.zip` } } },
      [OLD]: { source: { path: 'Lanes.template.json' }, destinations: { here: { objectKey: `${OLD}.json` } } },
    },
  });
  write('manifest.json', { artifacts: { Lanes: { properties: { stackTemplateAssetObjectUrl: `s3://assets/${OLD}.json` } } } });
}

test('a changed template is published under another name, which the manifest has too; other assets keep theirs', () => {
  writeAssembly();
  writeTemplate(directory, 'Lanes.template.json', { Resources: { A: {} } });
  expect(read('Lanes.template.json')).toEqual({ Resources: { A: {} } });
  const [code, hash = ''] = Object.keys(read('Lanes.assets.json').files);
  expect(code).toBe(CODE);
  expect(hash).not.toBe(OLD);
  expect(read('Lanes.assets.json').files[hash].destinations.here.objectKey).toBe(`${hash}.json`);
  expect(read('manifest.json').artifacts.Lanes.properties.stackTemplateAssetObjectUrl).toBe(`s3://assets/${hash}.json`);
});

test('and once more under a third', () => {
  writeAssembly();
  const names = ['A', 'B'].map((id) => {
    writeTemplate(directory, 'Lanes.template.json', { Resources: { [id]: {} } });
    return Object.keys(read('Lanes.assets.json').files)[1];
  });
  expect(new Set([OLD, ...names]).size).toBe(3);
});
