import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { parseLoadOptions } from '../../load/options.ts';

const MAIN = join(import.meta.dirname, '../../load/main.ts');

function parse(...args: readonly string[]) {
  return parseLoadOptions(['node', 'main.ts', ...args]);
}

function run(...args: readonly string[]) {
  return spawnSync(process.execPath, [MAIN, ...args], { encoding: 'utf8' });
}

test('a URL of HTTP means SSE, one of WebSocket the WebSocket lane', () => {
  expect(parse('--url', 'https://lanes.example.com').lane).toBe('sse');
  expect(parse('--url', 'wss://lanes.example.com/dev').lane).toBe('websocket');
});

test('a slash at the end of the URL does not double the one before the path', () => {
  expect(parse('--url', 'http://127.0.0.1:8080/').url).toBe('http://127.0.0.1:8080');
});

test('every run has a channel of its own, unless one is named', () => {
  const url = ['--url', 'http://127.0.0.1'];

  expect(parse(...url).channel).not.toBe(parse(...url).channel);
  expect(parse(...url, '--channel', 'orders').channel).toBe('orders');
});

test('a rate of 0 is allowed: it publishes nothing', () => {
  expect(parse('--url', 'http://127.0.0.1', '--rate', '0').rate).toBe(0);
});

describe('what makes no sense ends with exit code 2 and names the bad value', () => {
  test.each([
    [['--url', 'ftp://here'], 'ftp://here'],
    [['--url', 'http://here', '--streams', '-1'], "'-1'"],
    [['--url', 'http://here', '--data-bytes', '7'], "'7'"],
    [['--url', 'http://here', '--lane', 'pigeon'], "'pigeon'"],
    [['--url', 'ws://here', '--lane', 'poll'], 'ws://here'],
    [[], '--url'],
  ])('%j', (args, value) => {
    const { status, stderr } = run(...args);

    expect(status).toBe(2);
    expect(stderr).toContain(value);
  });
});

test('a server that is not there is named, with the reason', () => {
  const { status, stderr, stdout } = run('--url', 'http://127.0.0.1:1', '--streams', '2');

  expect(status).toBe(1);
  expect(stderr).toContain('http://127.0.0.1:1: no stream opened: connect ECONNREFUSED');
  expect(stdout).toBe('');
});
