import { createHash, createHmac } from 'node:crypto';
import type { AwsCall } from './aws-stub.ts';

/**
 * Checks an AWS signature, version 4, the way the service does: from what has come over the wire.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
export function isSignedBy({ method, path, headers, body }: AwsCall, secretAccessKey: string): boolean {
  const authorization = /^AWS4-HMAC-SHA256 Credential=[^/]+\/(\S+), SignedHeaders=(\S+), Signature=([0-9a-f]{64})$/;
  const [, scope = '', signedHeaders = '', signature = ''] = authorization.exec(headers.authorization ?? '') ?? [];
  const canonicalRequest = [
    method,
    // Every service but S3 signs the path encoded once more than it is sent.
    path.split('/').map(encodeURIComponent).join('/'),
    '',
    ...signedHeaders.split(';').map((name) => `${name}:${String(headers[name]).trim()}`),
    '',
    signedHeaders,
    sha256(body),
  ].join('\n');
  const stringToSign = ['AWS4-HMAC-SHA256', headers['x-amz-date'], scope, sha256(canonicalRequest)].join('\n');
  const key = scope.split('/').reduce<string | Buffer>((secret, part) => hmac(secret, part), `AWS4${secretAccessKey}`);
  const mustBeSigned = ['host', 'x-amz-date', 'x-amz-security-token'].every((name) => signedHeaders.split(';').includes(name));
  return mustBeSigned && hmac(key, stringToSign).toString('hex') === signature;
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}
