import * as v from 'valibot';
import type { Resource } from '../assembly/resolve.ts';
import { blaming, declared, fromDeclared } from '../declared.ts';
import { policyOf } from './attributes.ts';
import type { Queues } from './queues.ts';

const queueProperties = v.object({
  DelaySeconds: v.optional(v.number()),
  MaximumMessageSize: v.optional(v.number()),
  MessageRetentionPeriod: v.optional(v.number()),
  ReceiveMessageWaitTimeSeconds: v.optional(v.number()),
  VisibilityTimeout: v.optional(v.number()),
  RedrivePolicy: v.optional(v.record(v.string(), v.unknown())),
  FifoQueue: v.optional(v.literal(false, 'FIFO queues are not supported locally')),
  Tags: v.optional(v.array(v.object({ Key: v.string(), Value: v.string() })), []),
});

const policyProperties = v.object({ PolicyDocument: v.unknown(), Queues: v.array(v.string()) });

/** Creates the queues that the templates declare, with their policies. */
export function queuesFromResources(resources: readonly Resource[], queues: Queues): void {
  const policies = declared(resources, 'AWS::SQS::QueuePolicy', policyProperties);
  fromDeclared(resources, 'AWS::SQS::Queue', queueProperties, ({ resource, properties }) => {
    const { Tags, FifoQueue: _, RedrivePolicy, ...numbers } = properties;
    const attributes = Object.fromEntries(Object.entries(numbers).flatMap(([name, n]) => (n === undefined ? [] : [[name, String(n)]])));
    if (RedrivePolicy !== undefined) attributes['RedrivePolicy'] = JSON.stringify(RedrivePolicy);
    const policy = policies.find((candidate) => candidate.properties.Queues.includes(resource.ref));
    if (policy !== undefined) {
      const Policy = JSON.stringify(policy.properties.PolicyDocument);
      blaming(policy.resource, () => policyOf({ Policy }));
      attributes['Policy'] = Policy;
    }
    queues.create(resource.name, attributes, Object.fromEntries(Tags.map(({ Key, Value }) => [Key, Value])));
  });
}
