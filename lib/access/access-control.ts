import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { ACCESS_ENV } from '../../backbone/contract.ts';
import { accessSettings, type Settings } from '../../backbone/settings.ts';
import type { Configurable } from '../lane-function.ts';
import type { TokenIssuer } from './token-issuer.ts';
import { type SignIn, UserDirectory } from './user-directory.ts';

export interface AccessControlProps extends Settings<typeof accessSettings> {
  /** Whose tokens are taken. @default - a Cognito user pool of the stage's own */
  readonly issuer?: (TokenIssuer & { readonly clientId?: string | undefined; readonly tokenOrigin?: string | undefined }) | undefined;
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
  private readonly props: AccessControlProps;

  constructor(scope: Construct, id: string, props: AccessControlProps) {
    super(scope, id);
    this.props = props;
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
    };
  }

  /** Tells a function or service whose tokens it takes. The issuer's keys are public, so there is nothing to grant. */
  configure(verifier: Configurable): void {
    for (const [key, value] of Object.entries(this.environment)) verifier.addEnvironment(key, value);
    verifier.settings.add(accessSettings, this.props);
  }
}
