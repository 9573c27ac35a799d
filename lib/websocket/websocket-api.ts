import { Stack } from 'aws-cdk-lib';
import { AccessLogField, AccessLogFormat } from 'aws-cdk-lib/aws-apigateway';
import { WebSocketApi as Api, LogGroupLogDestination, WebSocketStage } from 'aws-cdk-lib/aws-apigatewayv2';
import { WebSocketLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { Grant } from 'aws-cdk-lib/aws-iam';
import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { WEBSOCKET_ENV } from '../../lambda/websocket/contract.ts';
import { acknowledge, acknowledgeWildcard } from '../acknowledgements.ts';
import type { Configurable, LaneFunction } from '../lane-function.ts';
import { LaneLogGroup } from '../lane-log-group.ts';
import { ApiGatewayLogging } from './api-gateway-logging.ts';
import { FINDINGS } from './websocket-api.findings.ts';

export interface WebSocketApiProps {
  /** Name of the API's stage, the last part of its URL. */
  readonly stageName: string;
  readonly connect: LaneFunction;
  readonly disconnect: LaneFunction;
  /** Answers every frame: with routes by action, frames without an action would take another path. */
  readonly frame: LaneFunction;
  /** Requests per second on the stage. */
  readonly requestsPerSecond: number;
  /** Requests that the stage accepts at once. */
  readonly requestBurst: number;
  /** Whether to set the role with which API Gateway writes logs, for all of the account and Region. */
  readonly setsAccountLogRole: boolean;
  readonly logRetention: RetentionDays;
}

/** The API Gateway WebSocket API with its only stage. */
export class WebSocketApi extends Construct {
  readonly api: Api;
  readonly stage: WebSocketStage;
  readonly accessLog: LaneLogGroup;
  /** Undefined where the account has a role already. */
  readonly logging: ApiGatewayLogging | undefined;

  constructor(scope: Construct, id: string, props: WebSocketApiProps) {
    super(scope, id);
    this.api = new Api(this, 'Api', {
      description: 'realtime-lanes: WebSocket lane',
      connectRouteOptions: { integration: new WebSocketLambdaIntegration('Connect', props.connect.function) },
      disconnectRouteOptions: { integration: new WebSocketLambdaIntegration('Disconnect', props.disconnect.function) },
      defaultRouteOptions: { integration: new WebSocketLambdaIntegration('Frame', props.frame.function) },
    });
    acknowledge(this.api, ...FINDINGS.authorizedOnConnect);
    acknowledge(this.api, ...FINDINGS.invokedByRoutesOnly);
    this.accessLog = new LaneLogGroup(this, 'AccessLog', { retention: props.logRetention });
    this.stage = new WebSocketStage(this, 'Stage', {
      webSocketApi: this.api,
      stageName: props.stageName,
      autoDeploy: true,
      detailedMetricsEnabled: true,
      throttle: { rateLimit: props.requestsPerSecond, burstLimit: props.requestBurst },
      accessLogSettings: { destination: new LogGroupLogDestination(this.accessLog), format: accessLogFormat() },
    });
    this.logging = props.setsAccountLogRole ? new ApiGatewayLogging(this, 'Logging') : undefined;
    // API Gateway refuses a stage with access logs until the account has a role to write them.
    if (this.logging !== undefined) this.stage.node.addDependency(this.logging);
    // Then the first deployment, which the stage makes by itself, has all routes.
    this.stage.node.addDependency(this.api);
  }

  /** `wss://…/<stage>`: where clients connect. */
  get url(): string {
    return this.stage.url;
  }

  /**
   * Lets a function post to the connections of this stage, and tells it the endpoint. It may not close or
   * inspect them.
   */
  allowPost(poster: Configurable): Grant {
    return this.allowManage(poster, 'POST');
  }

  /**
   * Lets a function check whether a connection of this stage is open, and tells it the endpoint. It may not
   * post to it or close it.
   */
  allowInspect(inspector: Configurable): Grant {
    return this.allowManage(inspector, 'GET');
  }

  /**
   * Lets a function close the connections of this stage, and tells it the endpoint. It may not post to them
   * or inspect them.
   */
  allowEnd(ender: Configurable): Grant {
    return this.allowManage(ender, 'DELETE');
  }

  private allowManage(grantee: Configurable, method: 'GET' | 'POST' | 'DELETE'): Grant {
    grantee.addEnvironment(WEBSOCKET_ENV.managementEndpoint, this.stage.callbackUrl);
    const connections = Stack.of(this).formatArn({
      service: 'execute-api',
      resource: this.api.apiId,
      resourceName: `${this.stage.stageName}/${method}/@connections/*`,
    });
    acknowledgeWildcard(
      grantee.grantPrincipal,
      connections,
      'The * stands for the id of a connection, which exists only while a client is connected. API, stage and method are named.',
    );
    return Grant.addToPrincipal({ grantee, actions: ['execute-api:ManageConnections'], resourceArns: [connections] });
  }
}

/**
 * One JSON line per connection, frame and close. It contains no headers and no query string, because either
 * may carry a token.
 */
function accessLogFormat(): AccessLogFormat {
  return AccessLogFormat.custom(
    JSON.stringify({
      requestId: AccessLogField.contextRequestId(),
      requestTime: AccessLogField.contextRequestTime(),
      connectionId: '$context.connectionId',
      eventType: '$context.eventType',
      routeKey: '$context.routeKey',
      status: AccessLogField.contextStatus(),
      sourceIp: AccessLogField.contextIdentitySourceIp(),
      error: AccessLogField.contextErrorMessage(),
      integrationStatus: '$context.integrationStatus',
      integrationError: AccessLogField.contextIntegrationErrorMessage(),
    }),
  );
}
