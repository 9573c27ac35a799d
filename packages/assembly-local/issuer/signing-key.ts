import { generateKeyPair, type KeyObject, randomUUID, sign } from 'node:crypto';
import { promisify } from 'node:util';

/** A key that signs tokens, and its public part. */
export interface SigningKey {
  /** As an entry of a JSON Web Key Set. */
  readonly publicJwk: Readonly<Record<string, unknown>>;
  /** A JWT with these claims, signed with RS256. */
  sign(claims: object): string;
}

export async function createSigningKey(): Promise<SigningKey> {
  const { publicKey, privateKey } = await promisify(generateKeyPair)('rsa', { modulusLength: 2048 });
  const kid = randomUUID();
  return {
    publicJwk: { ...publicKey.export({ format: 'jwk' }), kid, alg: 'RS256', use: 'sig' },
    sign: (claims) => signJwt(claims, kid, privateKey),
  };
}

function signJwt(claims: object, kid: string, privateKey: KeyObject): string {
  const input = `${encode({ alg: 'RS256', typ: 'JWT', kid })}.${encode(claims)}`;
  return `${input}.${sign('sha256', Buffer.from(input), privateKey).toString('base64url')}`;
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
