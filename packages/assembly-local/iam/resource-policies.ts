import * as v from 'valibot';
import type { Resource } from '../assembly/resolve.ts';
import { ACCOUNT } from '../assembly/resource-types.ts';
import { blaming, declared, fromDeclared } from '../declared.ts';
import { compilePolicy, letsService, type ServiceCaller, type Statement } from './policy.ts';

const topicProperties = v.object({ KmsMasterKeyId: v.optional(v.string()) });
const topicPolicyProperties = v.object({ PolicyDocument: v.unknown(), Topics: v.array(v.string()) });
const keyProperties = v.object({ KeyPolicy: v.optional(v.unknown()) });

/** The policy that KMS gives a key created without one: the account's own policies decide. */
const DEFAULT_KEY_POLICY = {
  Statement: { Effect: 'Allow', Principal: { AWS: `arn:aws:iam::${ACCOUNT}:root` }, Action: 'kms:*', Resource: '*' },
};

/** The policies of topics and keys, which are completely defined by the templates. */
export interface ResourcePolicies {
  /** By ARN. */
  readonly policies: ReadonlyMap<string, readonly Statement[]>;
  /** ARN of the key that encrypts a topic; undefined if no key of the assembly does. */
  readonly keyOfTopic: (topicArn: string) => string | undefined;
  /**
   * The policy that keeps a service from publishing to a topic: that of the topic, or of its key; undefined
   * if it may publish.
   */
  readonly publishDeniedBy: (topicArn: string, caller: ServiceCaller) => string | undefined;
}

/** @throws UnsupportedTemplateError if a policy cannot be emulated */
export function resourcePoliciesFromResources(resources: readonly Resource[]): ResourcePolicies {
  const policies = new Map<string, readonly Statement[]>();
  const keyArns = new Map<string, string>();
  for (const { resource, properties } of declared(resources, 'AWS::KMS::Key', keyProperties)) {
    const arn = resource.attributes['Arn'] ?? resource.ref;
    for (const reference of [arn, resource.ref]) keyArns.set(reference, arn);
    const owner = `${resource.stack}/${resource.logicalId}`;
    policies.set(
      arn,
      blaming(resource, () => compilePolicy(properties.KeyPolicy ?? DEFAULT_KEY_POLICY, owner)),
    );
  }
  fromDeclared(resources, 'AWS::SNS::TopicPolicy', topicPolicyProperties, ({ resource, properties }) => {
    const policy = compilePolicy(properties.PolicyDocument, `${resource.stack}/${resource.logicalId}`);
    for (const topic of properties.Topics) policies.set(topic, policy);
  });
  const keysOfTopics = new Map(
    declared(resources, 'AWS::SNS::Topic', topicProperties).map(({ resource, properties }) => [
      resource.ref,
      keyArns.get(properties.KmsMasterKeyId ?? ''),
    ]),
  );
  const keyOfTopic = (topicArn: string) => keysOfTopics.get(topicArn);
  const publishDeniedBy = (topicArn: string, caller: ServiceCaller) => {
    const lets = (resource: string, action: string, source = caller.sourceArn) =>
      letsService(policies.get(resource) ?? [], { ...caller, sourceArn: source }, { action, resource });
    if (!lets(topicArn, 'sns:Publish')) return `the topic ${topicArn}`;
    const key = keyOfTopic(topicArn);
    // https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html#compatibility-with-aws-services
    // EventBridge does not tell KMS for which rule and account it acts.
    const source = caller.service === 'events.amazonaws.com' ? '' : caller.sourceArn;
    const encrypts = key === undefined || ['kms:GenerateDataKey', 'kms:Decrypt'].every((action) => lets(key, action, source));
    return encrypts ? undefined : `the key ${key}, which encrypts the topic ${topicArn}`;
  };
  return { policies, keyOfTopic, publishDeniedBy };
}
