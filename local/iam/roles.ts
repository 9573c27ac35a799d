import * as v from 'valibot';
import { UnsupportedTemplateError } from '../assembly/errors.ts';
import type { Resource } from '../assembly/resolve.ts';
import { declared } from '../declared.ts';
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

/** The roles that the templates declare, each compiled when it is taken: the others may hold what cannot be emulated. */
export class Roles {
  readonly #resources: readonly Resource[];
  readonly #taken = new Map<string, Role>();

  constructor(resources: readonly Resource[]) {
    this.#resources = resources;
  }

  /** Those that a function, a task or its agent acts with. */
  get taken(): readonly Role[] {
    return [...this.#taken.values()];
  }

  /**
   * The role for whoever is to act with it.
   * @param service who hands it out, for example `lambda.amazonaws.com`: the role must trust it
   * @throws UnsupportedTemplateError when there is none, it trusts another, or its policies cannot be emulated
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
    const { resource, properties } = found;
    const id = `${resource.stack}/${resource.logicalId}`;
    const trust = compilePolicy(properties.AssumeRolePolicyDocument, `who may take the role ${id}`);
    if (!letsService(trust, { service, sourceArn: '' }, { action: 'sts:AssumeRole', resource: arn })) {
      throw new UnsupportedTemplateError(`the role ${id} cannot be taken by ${service}: its trust policy does not allow it`);
    }
    if (properties.PermissionsBoundary !== undefined) {
      throw new UnsupportedTemplateError(`the role ${id}: permissions boundaries are not supported locally`);
    }
    const documents = [
      ...properties.Policies.map(({ PolicyDocument }) => PolicyDocument),
      ...declared(this.#resources, 'AWS::IAM::Policy', policyProperties)
        .filter((policy) => policy.properties.Roles.includes(resource.ref))
        .map((policy) => policy.properties.PolicyDocument),
      ...this.#managed(id, resource.ref, properties.ManagedPolicyArns),
    ];
    return { id, arn, name: resource.name, statements: documents.flatMap((document) => compilePolicy(document, id)) };
  }

  #managed(id: string, ref: string, arns: readonly string[]): readonly unknown[] {
    const policies = declared(this.#resources, 'AWS::IAM::ManagedPolicy', policyProperties);
    const unknown = arns.find((arn) => !policies.some(({ resource }) => resource.ref === arn));
    if (unknown !== undefined) throw new UnsupportedTemplateError(`the role ${id}: the policy ${unknown} is not part of the assembly`);
    return policies
      .filter(({ resource, properties }) => arns.includes(resource.ref) || properties.Roles.includes(ref))
      .map(({ properties }) => properties.PolicyDocument);
  }
}
