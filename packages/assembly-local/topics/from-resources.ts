import * as v from 'valibot';
import type { Resource } from '../assembly/resolve.ts';
import { fromDeclared } from '../declared.ts';
import { Topics, type TopicsOptions } from './topics.ts';

const topicProperties = v.object({
  FifoTopic: v.optional(v.literal(false, 'FIFO topics are not supported locally')),
  Subscription: v.optional(v.pipe(v.array(v.unknown()), v.maxLength(0, 'declare subscriptions as resources of their own'))),
});

const subscriptionProperties = v.object({
  TopicArn: v.string(),
  Protocol: v.string(),
  Endpoint: v.string(),
  RawMessageDelivery: v.optional(v.boolean(), false),
  RedrivePolicy: v.optional(v.record(v.string(), v.unknown())),
  FilterPolicy: v.optional(v.record(v.string(), v.unknown())),
  FilterPolicyScope: v.optional(v.string()),
});

/** Creates the topics that the templates declare, with their subscriptions. */
export function topicsFromResources(resources: readonly Resource[], options: TopicsOptions): Topics {
  const topics = new Topics(options);
  fromDeclared(resources, 'AWS::SNS::Topic', topicProperties, ({ resource }) => topics.create(resource.ref));
  fromDeclared(resources, 'AWS::SNS::Subscription', subscriptionProperties, ({ resource, properties }) => {
    const { TopicArn, Protocol, Endpoint, RawMessageDelivery, RedrivePolicy, FilterPolicy, FilterPolicyScope } = properties;
    const attributes = {
      RawMessageDelivery: String(RawMessageDelivery),
      ...(RedrivePolicy === undefined ? {} : { RedrivePolicy: JSON.stringify(RedrivePolicy) }),
      ...(FilterPolicy === undefined ? {} : { FilterPolicy: JSON.stringify(FilterPolicy) }),
      ...(FilterPolicyScope === undefined ? {} : { FilterPolicyScope }),
    };
    topics.subscribe(TopicArn, Protocol, Endpoint, attributes, resource.ref);
  });
  return topics;
}
