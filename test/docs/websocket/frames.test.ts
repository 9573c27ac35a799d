import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { kindsBy } from '../../../backbone/domain/channel-kind.ts';
import { parseFrame } from '../../../lambda/websocket/parse-frame.ts';
import { InvalidInputError } from '../../../packages/protocol/invalid-input.ts';

const PAGE = readFileSync(join(__dirname, '..', '..', '..', 'docs', 'websocket', 'protocol.md'), 'utf8');

test('the page shows a frame of each action, and the function takes each of them', () => {
  const commands = PAGE.split('\n')
    .filter((line) => line.startsWith('{ "action"'))
    .map((line) => parseFrame(line, kindsBy([{ match: 'prices', kind: 'latest' }])).command);
  expect(commands.filter((command) => command instanceof InvalidInputError)).toEqual([]);
  const actions = commands.map((command) => (command as { readonly action: string }).action);
  expect(new Set(actions)).toEqual(
    new Set(['subscribe', 'unsubscribe', 'publish', 'publishLatest', 'history', 'ping', 'present', 'absent']),
  );
});
