import * as v from 'valibot';
import type { Resource } from '../assembly/resolve.ts';
import { ACCOUNT } from '../assembly/resource-types.ts';
import { declared } from '../declared.ts';
import { compilePolicy, type Statement } from './policy.ts';

const topicProperties = v.object({ KmsMasterKeyId: v.optional(v.string()) });
const topicPolicyProperties = v.object({ PolicyDocument: v.unknown(), Topics: v.array(v.string()) });
const keyProperties = v.object({ KeyPolicy: v.optional(v.unknown()) });

/** What KMS gives a key that was made without a policy: the account's own policies decide. */
const DEFAULT_KEY_POLICY = {
  Statement: { Effect: 'Allow', Principal: { AWS: `arn:aws:iam::${ACCOUNT}:root` }, Action: 'kms:*', Resource: '*' },
};

/** The policies of topics and keys, which the templates alone decide. */
export interface ResourcePolicies {
  /** By ARN. */
  readonly policies: ReadonlyMap<string, readonly Statement[]>;
  /** ARN of the key that encrypts a topic; undefined where none of the assembly's does. */
  readonly keyOfTopic: (topicArn: string) => string | undefined;
}

/** @throws UnsupportedTemplateError when a policy cannot be emulated */
export function resourcePoliciesFromResources(resources: readonly Resource[]): ResourcePolicies {
  const policies = new Map<string, readonly Statement[]>();
  const keyArns = new Map<string, string>();
  for (const { resource, properties } of declared(resources, 'AWS::KMS::Key', keyProperties)) {
    const arn = resource.attributes['Arn'] ?? resource.ref;
    for (const reference of [arn, resource.ref]) keyArns.set(reference, arn);
    policies.set(arn, compilePolicy(properties.KeyPolicy ?? DEFAULT_KEY_POLICY, `${resource.stack}/${resource.logicalId}`));
  }
  for (const { resource, properties } of declared(resources, 'AWS::SNS::TopicPolicy', topicPolicyProperties)) {
    const policy = compilePolicy(properties.PolicyDocument, `${resource.stack}/${resource.logicalId}`);
    for (const topic of properties.Topics) policies.set(topic, policy);
  }
  const keysOfTopics = new Map(
    declared(resources, 'AWS::SNS::Topic', topicProperties).map(({ resource, properties }) => [
      resource.ref,
      keyArns.get(properties.KmsMasterKeyId ?? ''),
    ]),
  );
  return { policies, keyOfTopic: (topicArn) => keysOfTopics.get(topicArn) };
}
