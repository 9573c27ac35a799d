import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { redact } from '../../../scripts/verify-stage/redact.ts';

const base64url = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
const token = `${base64url({ alg: 'RS256' })}.${base64url({ sub: 'ann', exp: 1 })}.c2lnbmF0dXJlLW9mLXRoZS10b2tlbg`;

test('no part of the token is left, wherever it stands', () => {
  const parts = token.split('.');
  fc.assert(
    fc.property(fc.string(), fc.subarray(parts, { minLength: 1 }), fc.string(), (before, some, after) => {
      const redacted = redact(`${before}${some.join('.')}${after}`, [token]);
      for (const part of some) expect(redacted).not.toContain(part);
    }),
  );
});

test('tokens that are not known are found by their form', () => {
  expect(redact(`Bearer ${token}, and more`, [])).toBe('Bearer <token>, and more');
});

test('keys, signatures and accounts of AWS are left out, and all else stays', () => {
  const text = 'AKIAIOSFODNN7EXAMPLE arn:aws:sns:us-east-1:111122223333:topic https://x/?X-Amz-Signature=abc&y=1 41.5 s, 120 deliveries';
  expect(redact(text, [])).toBe(
    '<access key> arn:aws:sns:us-east-1:<account>:topic https://x/?X-Amz-Signature=<signature>&y=1 41.5 s, 120 deliveries',
  );
});
