import type { StackProps } from 'aws-cdk-lib';
import { CfnOutput, Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { AccessControl } from '../access/access-control.ts';
import type { EdgeSettings } from '../edge/edge-settings.ts';
import { alarmFunctions, alarmTables } from '../observability/alarms.ts';
import type { StageBase } from '../stage-base.ts';
import { EventBackbone } from './event-backbone.ts';

export interface BackboneStackProps extends StackProps {
  readonly stage: StageBase;
}

/** The backbone and who may use it, on their own: both lanes stand on it, and either can be deleted without it noticing. */
export class BackboneStack extends Stack {
  readonly backbone: EventBackbone;
  readonly access: AccessControl;

  constructor(scope: Construct, id: string, { stage, ...props }: BackboneStackProps) {
    super(scope, id, { description: 'realtime-lanes: event log, topic, publish function and access control', ...props });
    this.backbone = new EventBackbone(this, 'Backbone', {
      ...stage.backbone,
      production: stage.production,
      logRetention: stage.logRetentionDays,
    });
    alarmFunctions(this, [this.backbone.publishFunction.handler]);
    alarmTables(this, [this.backbone.log.table]);
    this.access = new AccessControl(this, 'Access', {
      issuer: stage.auth.issuer,
      queryToken: stage.auth.queryToken,
      origins: stage.auth.origins,
      signInUrl: signInUrl(stage.edge),
      production: stage.production,
      logRetention: stage.logRetentionDays,
    });

    new CfnOutput(this, 'TokenIssuer', { description: 'Whose tokens both lanes take', value: this.access.issuer.url });
    new CfnOutput(this, 'PublishFunctionName', {
      description: 'Invoke it with {"channel", "data"} to publish',
      value: this.backbone.publishFunction.handler.function.functionName,
    });
    new CfnOutput(this, 'EventBusName', {
      description: 'Put events of detail type lanes.publish on it to publish',
      value: this.backbone.publishFunction.bus.eventBusName,
    });
    new CfnOutput(this, 'TopicArn', { description: 'Notifications of events', value: this.backbone.topic.topic.topicArn });
    new CfnOutput(this, 'LogTableName', { description: 'The event log', value: this.backbone.log.table.tableName });
  }
}

/**
 * Where the console is. Behind CloudFront it has no host that is known before the first deploy, and this stack cannot wait
 * for the distribution, which stands on it: Cognito gets the one address that it takes without TLS, and that nobody else owns.
 */
function signInUrl(edge: EdgeSettings): string {
  const host = edge.type === 'alb' ? edge.domainName : edge.host;
  return host === undefined ? 'http://localhost:8080/' : `https://${host}/`;
}
