import { afterEach, describe, expect, test } from '@jest/globals';
import { type ConnectOptions, connect, DEFAULTS, type Transport } from '../src/index.ts';

const url = 'https://lanes.example.com';
const websocketUrl = 'wss://lanes.example.com/socket';

describe('options that are refused at once', () => {
  test.each<[string, object, string]>([
    ['none', {}, 'transport auto needs url or websocketUrl'],
    ['no URL for streams', { websocketUrl, transport: 'sse' }, 'transport sse needs url'],
    ['no URL for sockets', { url, transport: 'websocket' }, 'transport websocket needs websocketUrl'],
    [
      'an unknown transport',
      { url, transport: 'carrier pigeon' },
      'transport "carrier pigeon" is not valid: use auto, sse, poll, websocket',
    ],
    ['a query', { url: `${url}/?tenant=a` }, 'url "https://lanes.example.com/?tenant=a" is not valid: use https://<host>/<path>'],
    ['an empty query', { url: `${url}?` }, 'is not valid'],
    ['a hash', { url: `${url}/#top` }, 'is not valid'],
    ['a user', { url: 'https://user@lanes.example.com' }, 'is not valid'],
    ['a URL of sockets for streams', { url: websocketUrl }, 'url "wss://lanes.example.com/socket" is not valid'],
    ['another scheme', { url: 'ftp://lanes.example.com' }, 'is not valid'],
    ['a hash on the URL of sockets', { websocketUrl: `${websocketUrl}#top` }, 'websocketUrl "wss://lanes.example.com/socket#top" is not'],
    ['a path without an origin', { url: '/lanes' }, 'Invalid URL'],
    ['no buffer', { url, bufferLimit: 0 }, 'bufferLimit "0" is not valid: use a number, at least 1'],
    ...Object.keys(DEFAULTS).flatMap((name): [string, object, string][] =>
      [Number.NaN, -1, '5'].map((value) => [`${name} ${value}`, { url, [name]: value }, `${name} "${value}" is not valid`]),
    ),
  ])('%s', (_, options, message) => {
    const error = expect.objectContaining({ name: 'TypeError', message: expect.stringContaining(message) });
    expect(() => connect(options as ConnectOptions)).toThrow(error);
  });

  test('a transport to move to', () => {
    const connection = connect({ url });
    expect(() => connection.use('smoke' as Transport)).toThrow('transport "smoke" is not valid: use auto, sse, poll, websocket');
    expect(connection.transport).toBe('auto');
  });
});

test.each(['ws://127.0.0.1/prod?stage=a', 'https://lanes.example.com/socket', 'wss://lanes.example.com'])(
  '%s is a URL for sockets',
  (accepted) => {
    expect(connect({ websocketUrl: accepted }).transport).toBe('auto');
  },
);

test.each([undefined, null])('an option that is %s has its default', (pollWaitSeconds) => {
  expect(connect({ url, pollWaitSeconds } as object).transport).toBe('auto');
});

describe('without a global WebSocket, as in Node 20', () => {
  const { WebSocket } = globalThis;

  afterEach(() => {
    globalThis.WebSocket = WebSocket;
  });

  test('sockets are refused at once, unless a class is passed', () => {
    Reflect.deleteProperty(globalThis, 'WebSocket');
    const message = 'this runtime has no WebSocket: pass a class as the option WebSocket';
    expect(() => connect({ websocketUrl })).toThrow(message);
    expect(() => connect({ url, websocketUrl }).use('websocket')).toThrow(message);
    expect(connect({ websocketUrl, WebSocket }).transport).toBe('auto');
  });
});
