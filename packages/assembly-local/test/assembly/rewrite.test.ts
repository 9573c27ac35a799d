import { expect, test } from '@jest/globals';
import { localize, localizeOrigins, localizeValue } from '../../assembly/rewrite.ts';

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

test('origins are replaced by origins: an address that is one may have a path locally', () => {
  const issuer = new Map([['https://issuer.example.com', 'http://127.0.0.1:8000/issuer']]);
  const policy = { 'content-security-policy': "connect-src 'self' https://issuer.example.com" };
  expect(localizeOrigins(policy, issuer)).toEqual({ 'content-security-policy': "connect-src 'self' http://127.0.0.1:8000" });
  expect(localizeOrigins(policy, new Map([['https://issuer.example.com/pool', 'http://127.0.0.1:8000/issuer']]))).toEqual({
    'content-security-policy': "connect-src 'self' http://127.0.0.1:8000",
  });
});

test('texts inside lists and objects are replaced, other values kept', () => {
  const value = { a: ['wss://abc.execute-api.us-east-1.amazonaws.com', 1, null, true] };
  expect(localizeValue(value, addresses)).toEqual({ a: ['ws://127.0.0.1:8081', 1, null, true] });
});
