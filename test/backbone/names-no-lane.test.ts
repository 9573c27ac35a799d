import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';

const ROOT = join(import.meta.dirname, '../..');

const LANE = /websocket|(?<![a-z])sse(?![a-z])/i;

/** The wire types of every transport: both ends of each know them, and a lane may come to speak another's. */
const EXEMPT = 'packages/protocol/index.ts';

const shared = ['backbone', 'lib/backbone']
  .flatMap((folder) => readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name)))
  .filter((path) => path.endsWith('.ts') && path !== EXEMPT);

test('shared code is where it was', () => {
  expect(shared).toEqual(expect.arrayContaining(['backbone/contract.ts', 'backbone/ports.ts', 'lib/backbone/event-backbone.ts']));
});

test.each(shared)('%s does not name a lane', (file) => {
  const lines = readFileSync(join(ROOT, file), 'utf8').split('\n');
  expect([file, ...lines].filter((line) => LANE.test(line))).toEqual([]);
});
