import { Aws, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import {
  AccountRecovery,
  FeaturePlan,
  LambdaVersion,
  Mfa,
  OAuthScope,
  UserPool,
  type UserPoolClient,
  type UserPoolDomain,
  UserPoolOperation,
} from 'aws-cdk-lib/aws-cognito';
import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { acknowledge } from '../acknowledgements.ts';
import { LaneFunction } from '../lane-function.ts';
import type { TokenIssuer } from './token-issuer.ts';
import { FINDINGS } from './user-directory.findings.ts';

export interface UserDirectoryProps {
  /** Where users return to after they have signed in. */
  readonly signInUrl: string;
  readonly logRetention: RetentionDays;
  /** Keep the users when the stack is deleted, and protect the pool against deletion. */
  readonly production: boolean;
}

/** What a page needs to sign a user in with the authorization code flow and PKCE. */
export interface SignIn {
  readonly issuer: string;
  readonly clientId: string;
}

/** Cognito's limit for a trigger; it tries twice more. */
const TRIGGER_TIMEOUT = Duration.seconds(5);

/** Streams end when their token expires; the page then gets the next token with its refresh token. */
const TOKEN_VALIDITY = Duration.hours(1);

/**
 * Users of a stage that names no issuer. Their groups decide what they may do: members of
 * `subscribe:orders.*` may subscribe to every channel whose name begins with `orders.`, members of
 * `publish:chat` may publish to `chat`, members of `subscribe:user.${sub}.*` may read channels of their own. Operators
 * create users and groups; nobody can sign up.
 */
export class UserDirectory extends Construct {
  readonly pool: UserPool;
  readonly client: UserPoolClient;
  readonly domain: UserPoolDomain;
  readonly claims: LaneFunction;
  readonly issuer: TokenIssuer;
  readonly signIn: SignIn;
  /** Where a page connects to for signing in: Cognito has discovery and tokens on two hosts. */
  readonly signInOrigins: readonly string[];

  constructor(scope: Construct, id: string, props: UserDirectoryProps) {
    super(scope, id);
    this.claims = new LaneFunction(this, 'Claims', {
      entry: 'lambda/access/add-claims.ts',
      description: 'Adds the claim lanes to the tokens of the user pool',
      logRetention: props.logRetention,
      timeout: TRIGGER_TIMEOUT,
    });
    this.pool = new UserPool(this, 'Pool', {
      // Lower plans cannot add a claim to access tokens.
      featurePlan: FeaturePlan.ESSENTIALS,
      selfSignUpEnabled: false,
      signInAliases: { email: true },
      passwordPolicy: { minLength: 12, requireLowercase: true, requireUppercase: true, requireDigits: true, requireSymbols: true },
      mfa: Mfa.OPTIONAL,
      mfaSecondFactor: { otp: true, sms: false },
      accountRecovery: AccountRecovery.EMAIL_ONLY,
      deletionProtection: props.production,
      removalPolicy: props.production ? RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE : RemovalPolicy.DESTROY,
    });
    this.pool.addTrigger(UserPoolOperation.PRE_TOKEN_GENERATION_CONFIG, this.claims.function, LambdaVersion.V2_0);
    const { region, stackName } = Stack.of(this);
    // Unique in the Region, for all accounts.
    const domainPrefix = `${domainName(stackName)}-${Aws.ACCOUNT_ID}`;
    this.domain = this.pool.addDomain('Domain', { cognitoDomain: { domainPrefix } });
    this.client = this.pool.addClient('Client', {
      // A page cannot keep a secret, so it uses PKCE instead.
      generateSecret: false,
      authFlows: { userSrp: true },
      oAuth: { flows: { authorizationCodeGrant: true }, scopes: [OAuthScope.OPENID], callbackUrls: [props.signInUrl] },
      accessTokenValidity: TOKEN_VALIDITY,
      preventUserExistenceErrors: true,
    });
    acknowledge(this.pool, ...FINDINGS.noSecondFactor);
    acknowledge(this.pool, ...FINDINGS.noPlusPlan);
    const issuer = this.pool.userPoolProviderUrl;
    this.issuer = { url: issuer, audience: this.client.userPoolClientId, jwksUri: `${issuer}/.well-known/jwks.json` };
    this.signIn = { issuer, clientId: this.client.userPoolClientId };
    // Written as literals, so that stacks that use them in a header need no further output of this stack.
    this.signInOrigins = [`https://cognito-idp.${region}.amazonaws.com`, `https://${domainPrefix}.auth.${region}.amazoncognito.com`];
  }
}

/** https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-assign-domain-prefix.html (2026-11) */
const RESERVED_WORDS = ['aws', 'amazon', 'cognito'];

/** What Cognito takes as the domain of a user pool. It refuses a reserved word wherever it stands, and only in the deploy. */
function domainName(stackName: string): string {
  const name = stackName.toLowerCase();
  const word = RESERVED_WORDS.find((reserved) => name.includes(reserved));
  if (word === undefined) return name;
  throw new Error(
    `The stack name ${stackName} holds "${word}", and the domain of its user pool may hold none of ${RESERVED_WORDS.join(', ')}: rename the stage, or name an issuer in auth.issuer`,
  );
}
