import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { readDockerfile } from '../../tasks/dockerfile.ts';

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'dockerfile-'));
});

afterEach(() => rmSync(directory, { recursive: true }));

function read(...lines: string[]) {
  writeFileSync(join(directory, 'Dockerfile'), lines.join('\n'));
  return readDockerfile(directory);
}

test('CMD, ENTRYPOINT and ENV are read', () => {
  const image = read('FROM node:24', 'ENV A=1 B="two words"', 'ENV C 3', 'ENTRYPOINT ["node"]', 'CMD ["--enable-source-maps", "main.mjs"]');
  expect(image).toEqual({ entryPoint: ['node'], command: ['--enable-source-maps', 'main.mjs'], env: { A: '1', B: 'two words', C: '3' } });
});

test('the last instruction counts', () => {
  expect(read('FROM node:24', 'CMD ["node", "a"]', 'CMD ["node", "b"]').command).toEqual(['node', 'b']);
});

test('only the last stage counts', () => {
  const image = read('FROM node:24 AS build', 'ENV A=1', 'CMD ["node", "build"]', 'FROM node:24-slim', 'CMD ["node", "run"]');
  expect(image).toEqual({ entryPoint: [], command: ['node', 'run'], env: {} });
});

test('the shell form is an error that says so', () => {
  expect(() => read('FROM node:24', 'CMD node main.mjs')).toThrow(/exec form/);
});
