import { RemovalPolicy, Stack } from 'aws-cdk-lib';
import { AnyPrincipal, Effect, PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';

export interface EncryptedTopicProps {
  /** What its key protects, in one sentence: the key's description. */
  readonly description: string;
  /** Keep the key when it leaves the stack: what it has encrypted would otherwise become unreadable. */
  readonly production: boolean;
}

/**
 * A topic that accepts calls over TLS only and is encrypted with its own key, which is rotated every year. It
 * passes the checks of `checks/template-checks.ts` as it is.
 *
 * A role can publish to it with `sns:Publish` on the topic and `kms:GenerateDataKey` and `kms:Decrypt` on the
 * key. AWS services, such as alarms and rules, can do so after {@link allowService}.
 */
export class EncryptedTopic extends Construct {
  readonly key: Key;
  readonly topic: Topic;

  constructor(scope: Construct, id: string, props: EncryptedTopicProps) {
    super(scope, id);
    this.key = new Key(this, 'Key', {
      description: props.description,
      enableKeyRotation: true,
      removalPolicy: props.production ? RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE : RemovalPolicy.DESTROY,
    });
    // Those who may use the key cannot delegate that: only AWS services create grants, for resources that
    // they encrypt.
    this.key.addToResourcePolicy(
      new PolicyStatement({
        effect: Effect.DENY,
        principals: [new AnyPrincipal()],
        actions: ['kms:CreateGrant'],
        resources: ['*'],
        conditions: { BoolIfExists: { 'kms:GrantIsForAWSResource': 'false', 'aws:PrincipalIsAWSService': 'false' } },
      }),
    );
    this.topic = new Topic(this, 'Topic', { masterKey: this.key, enforceSSL: true });
  }

  /**
   * Lets an AWS service publish, in the policies of both topic and key. Without the latter, notifications are
   * lost without an error.
   *
   * @param service `cloudwatch.amazonaws.com` for the actions of alarms, `events.amazonaws.com` for the
   * targets of rules
   */
  allowService(service: 'cloudwatch.amazonaws.com' | 'events.amazonaws.com'): this {
    const principals = [new ServicePrincipal(service)];
    // EventBridge does not tell KMS for which account it acts, so with a condition all of its notifications
    // would be dropped.
    const conditions = service === 'events.amazonaws.com' ? {} : { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } };
    this.topic.addToResourcePolicy(
      new PolicyStatement({ principals, actions: ['sns:Publish'], resources: [this.topic.topicArn], conditions }),
    );
    this.key.addToResourcePolicy(
      new PolicyStatement({ principals, actions: ['kms:GenerateDataKey', 'kms:Decrypt'], resources: ['*'], conditions }),
    );
    return this;
  }
}
