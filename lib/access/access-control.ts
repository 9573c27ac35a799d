import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { ACCESS_ENV } from '../../backbone/contract.ts';
import type { Configurable } from '../lane-function.ts';
import type { TokenIssuer } from './token-issuer.ts';
import { type SignIn, UserDirectory } from './user-directory.ts';

export interface AccessControlProps {
  /** Whose tokens are taken. @default - a Cognito user pool of the stage's own */
  readonly issuer?: (TokenIssuer & { readonly clientId?: string | undefined; readonly tokenOrigin?: string | undefined }) | undefined;
  /** Whether a token may travel in the query. */
  readonly queryToken: boolean;
  /** Origins of pages that may use the lanes besides the lanes' own. */
  readonly origins: readonly string[];
  /** Where users of an own user pool are sent back to after they have signed in. */
  readonly signInUrl: string;
  readonly logRetention: RetentionDays;
  /** Keep the users when the stack goes. */
  readonly production: boolean;
}

/** Who may use the lanes: whoever has a token of the stage's issuer, and only as far as its claim `lanes` goes. */
export class AccessControl extends Construct {
  readonly issuer: TokenIssuer;
  /** How the console gets a token. Undefined where the stage names an issuer and no client of it. */
  readonly signIn: SignIn | undefined;
  /** Where the console connects to for it: the issuer, and its token endpoint. */
  readonly signInOrigins: readonly string[];
  private readonly environment: Readonly<Record<string, string>>;

  constructor(scope: Construct, id: string, props: AccessControlProps) {
    super(scope, id);
    if (props.issuer === undefined) {
      const users = new UserDirectory(this, 'Users', props);
      this.issuer = users.issuer;
      this.signIn = users.signIn;
      this.signInOrigins = users.signInOrigins;
    } else {
      const { clientId, tokenOrigin, ...issuer } = props.issuer;
      this.issuer = issuer;
      this.signIn = clientId === undefined ? undefined : { issuer: issuer.url, clientId };
      this.signInOrigins = clientId === undefined ? [] : [new URL(issuer.url).origin, ...(tokenOrigin === undefined ? [] : [tokenOrigin])];
    }
    this.environment = {
      [ACCESS_ENV.issuer]: this.issuer.url,
      [ACCESS_ENV.audience]: this.issuer.audience,
      [ACCESS_ENV.jwksUri]: this.issuer.jwksUri,
      [ACCESS_ENV.queryToken]: props.queryToken ? 'on' : 'off',
      [ACCESS_ENV.origins]: props.origins.join(','),
    };
  }

  /** Tells a function or service whose tokens it takes. The issuer's keys are public, so there is nothing to grant. */
  configure(verifier: Configurable): void {
    for (const [key, value] of Object.entries(this.environment)) verifier.addEnvironment(key, value);
  }
}
