import type { IncomingHttpHeaders } from 'node:http';
import { ACCOUNT } from '../assembly/resource-types.ts';
import { AwsError } from '../endpoint/aws-error.ts';
import type { Log } from '../log.ts';
import { type DenialReason, denial } from './denial.ts';
import type { Permission } from './permission.ts';
import { appliesTo, type Pattern, type Statement } from './policy.ts';
import type { AccessReport, GrantUse } from './report.ts';
import type { Role, Roles } from './roles.ts';
import type { Session, Sessions } from './sessions.ts';

interface Grant {
  readonly statement: Statement;
  readonly action: Pattern;
  readonly resource: Pattern;
  calls: number;
}

interface Account {
  readonly grants: readonly Grant[];
  readonly denials: readonly Statement[];
  readonly refused: Map<string, { -readonly [K in keyof GrantUse]: GrantUse[K] }>;
}

export interface AccessOptions {
  readonly roles: Roles;
  readonly sessions: Sessions;
  /** The policy of a queue, topic, key or function; empty if it has none. */
  readonly policyOf: (resourceArn: string) => readonly Statement[];
  readonly log: Log;
}

/**
 * IAM for roles within one account: a call needs an `Allow` from its role or from the resource's policy, and
 * no `Deny` from either. Counts which grants the calls need.
 */
export class Access {
  readonly #options: AccessOptions;
  readonly #accounts = new Map<Role, Account>();

  constructor(options: AccessOptions) {
    this.#options = options;
  }

  /**
   * Checks a request by its signature.
   * @param permissions called only if the caller is not the account's administrator
   * @throws AwsError as the service would answer
   */
  check(headers: IncomingHttpHeaders, permissions: () => readonly Permission[]): void {
    const session = this.#options.sessions.signerOf(headers);
    if (session !== undefined) for (const permission of permissions()) this.require(session, permission);
  }

  /**
   * Checks an action with a role.
   * @throws AwsError as the service would answer
   */
  require({ role, arn }: Pick<Session, 'role' | 'arn'>, permission: Permission): void {
    const account = this.#account(role);
    const reason = this.#decide(role, account, permission);
    if (reason === undefined) return;
    const { action, resource } = permission;
    const key = `${action} ${resource}`;
    const refusal = account.refused.get(key) ?? { action, resource, calls: 0 };
    refusal.calls += 1;
    account.refused.set(key, refusal);
    this.#options.log.notice('iam', `AccessDenied: ${role.id} (${arn}) may not ${action} on ${resource}: ${reason}`);
    throw denial(arn, permission, reason);
  }

  /** Like {@link require}, for callers that continue without the permission: returns false if it is denied. */
  allows(session: Pick<Session, 'role' | 'arn'>, permission: Permission): boolean {
    try {
      this.require(session, permission);
      return true;
    } catch (error) {
      if (error instanceof AwsError) return false;
      throw error;
    }
  }

  /** What every role in use was granted, and what it used. */
  report(): AccessReport {
    return {
      roles: this.#options.roles.taken.map((role) => {
        const { grants, refused } = this.#account(role);
        return {
          role: role.id,
          grants: grants.map(({ action, resource, calls }) => ({ action: action.text, resource: resource.text, calls })),
          refused: [...refused.values()],
        };
      }),
    };
  }

  #decide(role: Role, { grants, denials }: Account, permission: Permission): DenialReason | undefined {
    if (denials.some((statement) => appliesTo(statement, permission))) return 'explicit deny in an identity-based policy';
    const policy = this.#options.policyOf(permission.resource).filter((statement) => appliesTo(statement, permission));
    const direct = policy.filter(({ principals }) => principals?.AWS.some((name) => name === '*' || name === role.arn) === true);
    if (direct.some(({ effect }) => effect === 'Deny')) return 'explicit deny in a resource-based policy';
    // A key trusts the policies of roles only if its own policy delegates to the account.
    const handedOn = policy.some(({ principals }) => principals?.AWS.includes(`arn:aws:iam::${ACCOUNT}:root`) === true);
    const allowing =
      permission.action.startsWith('kms:') && !handedOn
        ? []
        : grants.filter(
            ({ statement, action, resource }) =>
              action.matches(permission.action) && resource.matches(permission.resource) && appliesTo(statement, permission),
          );
    if (direct.some(({ effect }) => effect === 'Allow')) return undefined;
    const [only, ...others] = allowing;
    if (only === undefined) return 'no identity-based policy allows';
    if (others.length === 0) only.calls += 1;
    return undefined;
  }

  #account(role: Role): Account {
    const known = this.#accounts.get(role);
    if (known !== undefined) return known;
    const allowing = role.statements.filter(({ effect }) => effect === 'Allow');
    const account: Account = {
      grants: allowing.flatMap((statement) =>
        statement.actions.flatMap((action) => statement.resources.map((resource) => ({ statement, action, resource, calls: 0 }))),
      ),
      denials: role.statements.filter(({ effect }) => effect === 'Deny'),
      refused: new Map(),
    };
    this.#accounts.set(role, account);
    return account;
  }
}
