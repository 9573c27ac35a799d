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

/**
 * The backbone and its access control, in a stack of their own: all lanes depend on it, and deleting a lane
 * does not affect it.
 */
export class BackboneStack extends Stack {
  readonly backbone: EventBackbone;
  readonly access: AccessControl;

  constructor(scope: Construct, id: string, { stage, ...props }: BackboneStackProps) {
    super(scope, id, { description: 'realtime-lanes: event log, topic, publish function and access control', ...props });
    this.backbone = new EventBackbone(this, 'Backbone', {
      settings: stage.backbone,
      channels: stage.channels,
      production: stage.production,
      logRetention: stage.logRetentionDays,
    });
    if (stage.alarms === 'all') {
      alarmFunctions(this, [this.backbone.publishFunction.handler]);
      alarmTables(this, [this.backbone.log.table, this.backbone.presence.table]);
    }
    this.access = new AccessControl(this, 'Access', {
      issuer: stage.auth.issuer,
      queryToken: stage.auth.queryToken,
      origins: stage.auth.origins,
      signInUrl: signInUrl(stage.edge),
      production: stage.production,
      logRetention: stage.logRetentionDays,
    });

    new CfnOutput(this, 'TokenIssuer', { description: 'The issuer whose tokens both lanes accept', value: this.access.issuer.url });
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
 * The URL of the console. CloudFront's host name is unknown before the first deploy, and this stack cannot
 * wait for the distribution, which depends on it. Until then Cognito gets the only address that it accepts
 * without TLS and that nobody else can own.
 */
function signInUrl(edge: EdgeSettings): string {
  const host = edge.type === 'alb' ? edge.domainName : edge.host;
  return host === undefined ? 'http://localhost:8080/' : `https://${host}/`;
}
