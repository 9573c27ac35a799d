import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { bundleSize } from '../../scripts/bundle-size.ts';

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'lanes-bundle-size-'));
});

afterEach(() => {
  rmSync(directory, { recursive: true });
});

const write = (name: string, text: string) => writeFileSync(join(directory, name), text);

test('static imports count as loaded, dynamic ones only in total', () => {
  const texts = {
    'index.mjs': 'import{a}from"./a.mjs";import"./b.mjs";const later=()=>import("./later.mjs");export{a as handler,later};',
    'a.mjs': 'import{b}from"./b.mjs";export const a=b;',
    'b.mjs': 'export const b=1;',
    'later.mjs': 'export const late=1;',
  };
  for (const [name, text] of Object.entries(texts)) write(name, text);
  write('index.mjs.map', '{}');
  const loaded = texts['index.mjs'].length + texts['a.mjs'].length + texts['b.mjs'].length;
  expect(bundleSize(join(directory, 'index.mjs'))).toEqual({ loadedBytes: loaded, totalBytes: loaded + texts['later.mjs'].length });
});
