import { expect, test } from '@jest/globals';
import { localize, localizeValue } from '../../../local/assembly/rewrite.ts';

const addresses = new Map([
  ['wss://abc.execute-api.us-east-1.amazonaws.com', 'ws://127.0.0.1:8081'],
  ['https://abc.execute-api.us-east-1.amazonaws.com', 'http://127.0.0.1:8081'],
]);

test('addresses are replaced inside a text, with what follows them', () => {
  const config = '{"websocket":"wss://abc.execute-api.us-east-1.amazonaws.com/dev"}';
  expect(localize(config, addresses)).toBe('{"websocket":"ws://127.0.0.1:8081/dev"}');
});

test('the scheme decides', () => {
  expect(localize('https://abc.execute-api.us-east-1.amazonaws.com/dev', addresses)).toBe('http://127.0.0.1:8081/dev');
});

test('texts inside lists and objects are replaced, other values kept', () => {
  const value = { a: ['wss://abc.execute-api.us-east-1.amazonaws.com', 1, null, true] };
  expect(localizeValue(value, addresses)).toEqual({ a: ['ws://127.0.0.1:8081', 1, null, true] });
});
