import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { READ_ONLY_FILE_SYSTEM } from '../../tasks/read-only.ts';

const WRITES = `
  import { readFileSync, writeFileSync } from 'node:fs';
  import { isMainThread, Worker } from 'node:worker_threads';
  readFileSync(import.meta.filename);
  if (isMainThread) new Worker(import.meta.filename);
  try {
    writeFileSync(isMainThread ? 'main' : 'thread', 'x');
  } catch (error) {
    console.log(error.code);
  }`;

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'realtime-lanes-read-only-'));
  writeFileSync(join(directory, 'writes.mjs'), WRITES);
});

afterEach(() => {
  rmSync(directory, { recursive: true });
});

test('neither the program nor a thread of it can write a file', () => {
  const { stdout, stderr } = spawnSync(process.execPath, [...READ_ONLY_FILE_SYSTEM, 'writes.mjs'], { cwd: directory, encoding: 'utf8' });
  expect(stdout).toBe('ERR_ACCESS_DENIED\nERR_ACCESS_DENIED\n');
  expect(stderr).toBe('');
  expect(readdirSync(directory)).toEqual(['writes.mjs']);
});
