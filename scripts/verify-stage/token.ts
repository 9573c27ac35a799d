import { UsageError } from '../../command-line/command.ts';

/** The environment variable that has the token: on the command line, every user of the machine could read it. */
export const TOKEN_VARIABLE = 'LANES_TOKEN';

/** @throws UsageError without naming the token, if there is none, it has another form, or it has ended */
export function readToken(environment: NodeJS.ProcessEnv, nowMs = Date.now()): string {
  const token = environment[TOKEN_VARIABLE]?.trim() ?? '';
  if (token === '') {
    throw new UsageError(`${TOKEN_VARIABLE} is not set: give it a token of the stage's issuer that may subscribe and publish to verify.*`);
  }
  const expiresAtMs = expiryOf(token);
  if (expiresAtMs === undefined) {
    throw new UsageError(`${TOKEN_VARIABLE} is not a token: give it the three parts of a JWT, header.claims.signature, without Bearer`);
  }
  if (expiresAtMs <= nowMs) {
    throw new UsageError(`the token in ${TOKEN_VARIABLE} ended at ${new Date(expiresAtMs).toISOString()}: get a new one`);
  }
  return token;
}

/** When it ends; undefined if it is no token that ends. */
function expiryOf(token: string): number | undefined {
  const [, claims] = /^[\w-]+\.([\w-]+)\.[\w-]+$/.exec(token) ?? [];
  if (claims === undefined) return undefined;
  try {
    const { exp } = JSON.parse(Buffer.from(claims, 'base64url').toString());
    return typeof exp === 'number' ? exp * 1_000 : undefined;
  } catch {
    return undefined;
  }
}
