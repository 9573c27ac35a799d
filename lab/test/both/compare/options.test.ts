import { expect, test } from '@jest/globals';
import { parseCompareOptions } from '../../../both/compare/options.ts';

const parse = (...args: readonly string[]) => parseCompareOptions(['node', 'main.ts', ...args]);

test('without --only and --transport everything is measured', () => {
  const { useCases, transports } = parse();
  expect(useCases.map(({ id }) => id)).toEqual([
    ...['live-feed', 'chat', 'collaborative-editing', 'dashboard'],
    ...['multiplayer-game', 'ai-streaming', 'notifications', 'stock-prices'],
  ]);
  expect(transports).toEqual(['sse', 'websocket', 'long-poll', 'poll']);
});

test('--only and --transport choose', () => {
  const { useCases, transports } = parse('--only', 'chat', 'live-feed', '--transport', 'poll', 'sse');
  expect(useCases.map(({ id }) => id)).toEqual(['live-feed', 'chat']);
  expect(transports).toEqual(['sse', 'poll']);
});

test('a part of the rows is not written over all of them', () => {
  expect(() => parse('--write', '--transport', 'sse')).toThrow('--write with --transport would drop the other rows');
});
