import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { readTaskSettings } from '../../../sse/task/settings.ts';

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'bench-settings-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

function assembly(resources: object): string {
  const stack = { type: 'aws:cloudformation:stack', environment: 'aws://unknown/us-east-1', properties: { templateFile: 'a.json' } };
  writeFileSync(join(directory, 'manifest.json'), JSON.stringify({ artifacts: { A: stack } }));
  writeFileSync(join(directory, 'a.json'), JSON.stringify({ Resources: resources }));
  return directory;
}

test('a task has the memory and the environment of its template, but for what CloudFormation fills in', () => {
  const Environment = [
    { Name: 'LANES_SETTINGS', Value: '{"maxStreams":20000}' },
    { Name: 'LANES_LOG_TABLE', Value: { Ref: 'Table' } },
  ];
  const Task = { Type: 'AWS::ECS::TaskDefinition', Properties: { Memory: '512', ContainerDefinitions: [{ Environment }] } };
  expect(readTaskSettings(assembly({ Task }))).toEqual({
    memoryBytes: 512 * 1024 * 1024,
    environment: { LANES_SETTINGS: '{"maxStreams":20000}' },
  });
});

test('an assembly without a task is no assembly for a bench', () => {
  expect(() => readTaskSettings(assembly({}))).toThrow('has 0 task definitions');
});
