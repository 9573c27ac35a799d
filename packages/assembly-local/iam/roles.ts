import * as v from 'valibot';
import { UnsupportedTemplateError } from '../assembly/errors.ts';
import { Omissions } from '../assembly/omissions.ts';
import type { Resource } from '../assembly/resolve.ts';
import { blaming, type Declared, declared } from '../declared.ts';
import { managedByAws } from './managed-policies.ts';
import { compilePolicy, letsService, type Statement } from './policy.ts';

const inlinePolicies = v.optional(v.array(v.object({ PolicyName: v.string(), PolicyDocument: v.unknown() })), []);

const roleProperties = v.object({
  AssumeRolePolicyDocument: v.unknown(),
  Policies: inlinePolicies,
  ManagedPolicyArns: v.optional(v.array(v.string()), []),
  PermissionsBoundary: v.optional(v.string()),
});

const policyProperties = v.object({ PolicyDocument: v.unknown(), Roles: v.optional(v.array(v.string()), []) });

/** A role of the templates, with everything that its policies say. */
export interface Role {
  /** Stack and logical id: the same in every run of an app. */
  readonly id: string;
  readonly arn: string;
  readonly name: string;
  readonly statements: readonly Statement[];
}

/**
 * The roles that the templates declare. Each is compiled when it is first used, because the others may
 * contain what cannot be emulated.
 */
export class Roles {
  readonly #resources: readonly Resource[];
  readonly #omissions: Omissions;
  readonly #taken = new Map<string, Role>();

  constructor(resources: readonly Resource[], omissions = new Omissions({ strict: true })) {
    this.#resources = resources;
    this.#omissions = omissions;
  }

  /** The roles that a function, a task or its agent acts with. */
  get taken(): readonly Role[] {
    return [...this.#taken.values()];
  }

  /**
   * The role for a function, a task or an agent that acts with it.
   * @param service the service that hands it out, for example `lambda.amazonaws.com`: the role must trust it
   * @throws UnsupportedTemplateError if there is no such role, it trusts another service, or its policies
   * cannot be emulated
   */
  take(roleArn: string, service: string): Role {
    const known = this.#taken.get(roleArn);
    const role = known ?? this.#compile(roleArn, service);
    this.#taken.set(roleArn, role);
    return role;
  }

  #compile(arn: string, service: string): Role {
    const found = declared(this.#resources, 'AWS::IAM::Role', roleProperties).find(({ resource }) => resource.attributes['Arn'] === arn);
    if (found === undefined) throw new UnsupportedTemplateError(`there is no role ${arn || '(none given)'} in the assembly`);
    return blaming(found.resource, () => this.#compileFound(found, arn, service));
  }

  #compileFound({ resource, properties }: Declared<v.InferOutput<typeof roleProperties>>, arn: string, service: string): Role {
    const id = `${resource.stack}/${resource.logicalId}`;
    const trust = compilePolicy(properties.AssumeRolePolicyDocument, `who may take the role ${id}`);
    if (!letsService(trust, { service, sourceArn: '' }, { action: 'sts:AssumeRole', resource: arn })) {
      throw new UnsupportedTemplateError(`the role ${id} cannot be taken by ${service}: its trust policy does not allow it`);
    }
    if (properties.PermissionsBoundary !== undefined) {
      this.#omissions.leaveOutPart({
        resource,
        what: 'its permissions boundary',
        reason: 'is not supported locally: permissions boundaries are not emulated',
        consequence: 'calls that only the boundary forbids are allowed',
      });
    }
    const own = declared(this.#resources, 'AWS::IAM::Policy', policyProperties).filter((policy) =>
      policy.properties.Roles.includes(resource.ref),
    );
    const statements = [
      ...properties.Policies.flatMap(({ PolicyDocument }) => compilePolicy(PolicyDocument, id)),
      ...[...own, ...this.#managed(resource, properties.ManagedPolicyArns)].flatMap((policy) =>
        blaming(policy.resource, () => compilePolicy(policy.properties.PolicyDocument, id)),
      ),
      ...properties.ManagedPolicyArns.flatMap((policyArn) => compilePolicy(managedByAws(policyArn) ?? { Statement: [] }, id)),
    ];
    return { id, arn, name: resource.name, statements };
  }

  /** The app's managed policies that are attached to a role. Unknown ones are left out. */
  #managed(role: Resource, arns: readonly string[]) {
    const policies = declared(this.#resources, 'AWS::IAM::ManagedPolicy', policyProperties);
    for (const arn of arns) {
      if (managedByAws(arn) !== undefined || policies.some(({ resource }) => resource.ref === arn)) continue;
      this.#omissions.leaveOutPart({
        resource: role,
        what: `the policy ${arn}`,
        reason: 'is not part of the assembly',
        consequence: 'calls that only this policy allows are denied',
        value: arn,
      });
    }
    return policies.filter(({ resource, properties }) => arns.includes(resource.ref) || properties.Roles.includes(role.ref));
  }
}
