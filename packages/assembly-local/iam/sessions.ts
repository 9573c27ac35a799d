import { randomBytes } from 'node:crypto';
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { ACCOUNT } from '../assembly/resource-types.ts';
import { AwsError } from '../endpoint/aws-error.ts';
import type { Role } from './roles.ts';

/** Path under which tasks find the credentials of their role, as in ECS. */
export const CREDENTIALS_PATH = '/v2/credentials/';

/** The lifetime of credentials in ECS; the SDK renews them before they expire. */
const CREDENTIALS_LAST_MS = 6 * 3_600_000;

/** A principal that acts with a role. */
export interface Session {
  readonly role: Role;
  /** The principal as AWS would name it: `arn:aws:sts::…:assumed-role/<role>/<session>`. */
  readonly arn: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
}

/** Hands out credentials of roles, and identifies requests signed with them. */
export class Sessions {
  readonly #byKeyId = new Map<string, Session>();

  /** @param name a function's name or a task's id, as AWS names their sessions */
  open(role: Role, name: string): Session {
    const session: Session = {
      role,
      arn: `arn:aws:sts::${ACCOUNT}:assumed-role/${role.name}/${name}`,
      accessKeyId: `ASIA${randomBytes(8).toString('hex').toUpperCase()}`,
      secretAccessKey: randomBytes(30).toString('base64'),
      sessionToken: randomBytes(96).toString('base64'),
    };
    this.#byKeyId.set(session.accessKeyId, session);
    return session;
  }

  /**
   * The signer of a request. Undefined for the administrator of the account, which is anybody whose key
   * belongs to no role. The signature itself is not checked; a role's session token, which nobody else knows,
   * must be right.
   * @throws AwsError `MissingAuthenticationToken…` for an unsigned request, `UnrecognizedClientException` for
   * a wrong token
   */
  signerOf({ authorization = '', 'x-amz-security-token': token }: IncomingHttpHeaders): Session | undefined {
    const [, keyId] = /^AWS4-HMAC-SHA256 Credential=([^/,\s]+)\//.exec(authorization) ?? [];
    if (keyId === undefined) {
      throw new AwsError('MissingAuthenticationTokenException', 'Missing Authentication Token', {
        status: 403,
        queryCode: 'MissingAuthenticationToken',
      });
    }
    const session = this.#byKeyId.get(keyId);
    if (session !== undefined && session.sessionToken !== token) {
      throw new AwsError('UnrecognizedClientException', 'The security token included in the request is invalid.', {
        status: 403,
        queryCode: 'InvalidClientTokenId',
      });
    }
    return session;
  }

  /** The credentials endpoint of containers: `/v2/credentials/<access key id>`. */
  serve(request: IncomingMessage, response: ServerResponse): void {
    const session = this.#byKeyId.get((request.url ?? '').slice(CREDENTIALS_PATH.length));
    if (session === undefined) {
      response.writeHead(404).end();
      return;
    }
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(
      JSON.stringify({
        RoleArn: session.role.arn,
        AccessKeyId: session.accessKeyId,
        SecretAccessKey: session.secretAccessKey,
        Token: session.sessionToken,
        Expiration: new Date(Date.now() + CREDENTIALS_LAST_MS).toISOString(),
      }),
    );
  }
}

/** How a function gets the credentials of its role. */
export function functionCredentials({ accessKeyId, secretAccessKey, sessionToken }: Session): Readonly<Record<string, string>> {
  return { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey, AWS_SESSION_TOKEN: sessionToken };
}

/** How a container finds the credentials of its task's role. */
export function containerCredentials({ accessKeyId }: Session, endpointUrl: string): Readonly<Record<string, string>> {
  return { AWS_CONTAINER_CREDENTIALS_FULL_URI: `${endpointUrl}${CREDENTIALS_PATH}${accessKeyId}` };
}
