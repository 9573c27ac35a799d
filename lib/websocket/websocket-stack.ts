import type { StackProps } from 'aws-cdk-lib';
import { CfnOutput, Duration, Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { WEBSOCKET_ENV } from '../../lambda/websocket/contract.ts';
import type { AccessControl } from '../access/access-control.ts';
import type { EventBackbone } from '../backbone/event-backbone.ts';
import type { Stage } from '../config.ts';
import { LaneFunction } from '../lane-function.ts';
import { alarmFunctions, alarmLane, alarmTables } from '../observability/alarms.ts';
import type { LaneStack } from '../observability/lane-dashboard.ts';
import { ConnectionExpiry } from './connection-expiry.ts';
import { ConnectionSweep } from './connection-sweep.ts';
import { ConnectionTables } from './connection-tables.ts';
import { FanOut } from './fan-out.ts';
import { Replays } from './replays.ts';
import { WebSocketApi } from './websocket-api.ts';

export interface WebSocketStackProps extends StackProps {
  readonly stage: Stage;
  readonly backbone: EventBackbone;
  readonly access: AccessControl;
}

/** The WebSocket lane: API Gateway holds the connections, Lambda answers frames and delivers events. */
export class WebSocketStack extends Stack implements LaneStack {
  readonly lane = 'websocket';
  /** `wss://…`: where clients connect. */
  readonly url: string;
  readonly api: WebSocketApi;

  constructor(scope: Construct, id: string, { stage, backbone, access, ...props }: WebSocketStackProps) {
    super(scope, id, { description: 'realtime-lanes: WebSocket lane', ...props, tags: { ...props.tags, lane: 'websocket' } });
    const config = stage.websocket;
    const logRetention = stage.logRetentionDays;
    const routeFunction = { logRetention, timeout: Duration.seconds(config.routeFunctionTimeoutSeconds) };

    const tables = new ConnectionTables(this, 'Tables', config);
    const connect = new LaneFunction(this, 'Connect', {
      ...routeFunction,
      entry: 'lambda/websocket/connect.ts',
      description: 'Answers $connect: checks the token and notes a new connection',
    });
    const disconnect = new LaneFunction(this, 'Disconnect', {
      ...routeFunction,
      entry: 'lambda/websocket/disconnect.ts',
      description: 'Answers $disconnect: forgets a connection',
    });
    const frame = new LaneFunction(this, 'Frame', {
      ...routeFunction,
      entry: 'lambda/websocket/frame.ts',
      description: 'Answers every frame that a client sends',
      memoryMb: 512,
    });
    const api = new WebSocketApi(this, 'Api', { ...config, stageName: stage.id, connect, disconnect, frame, logRetention });
    const fanOut = new FanOut(this, 'FanOut', { ...config.fanOut, backbone, logRetention });
    const replays = new Replays(this, 'Replays', { ...config.replay, logRetention });
    const expiry = new ConnectionExpiry(this, 'Expiry', { tables, api, logRetention });
    const sweep = new ConnectionSweep(this, 'Sweep', { ...config.sweep, tables, api, logRetention });

    access.configure(connect);
    connect.addEnvironment(WEBSOCKET_ENV.maxConnectionsPerPrincipal, String(config.maxConnectionsPerPrincipal));
    frame.addEnvironment(WEBSOCKET_ENV.maxPublishesPerSecond, String(config.maxPublishesPerSecond));
    tables.allowOpen(connect);
    tables.allowClose(disconnect);
    tables.allowSubscribe(frame);
    for (const counted of [connect, frame]) counted.addEnvironment(WEBSOCKET_ENV.maxAnswersPerSecond, String(config.maxAnswersPerSecond));
    tables.allowCount(connect);
    tables.allowBeginReplay(frame);
    replays.allowEnqueue(frame);
    tables.allowReplay(replays.handler);
    // A post of a replay can be what finds a connection gone.
    tables.allowClose(replays.handler);
    // A frame can be the last thing that arrives from a connection whose $disconnect was lost.
    tables.allowClose(frame);
    tables.allowDeliver(fanOut);
    // Whoever it finds closed loses its other rows too.
    tables.allowClose(fanOut);
    backbone.allowRead(frame);
    backbone.allowPublish(frame);
    backbone.allowRead(replays.handler);
    api.allowPost(frame);
    // Of a principal that floods, and of a connection that has no row any more.
    api.allowEnd(frame);
    api.allowPost(fanOut);
    api.allowPost(replays.handler);

    this.api = api;
    alarmLane(this, this.lane);
    alarmFunctions(this, [connect, disconnect, frame, fanOut.handler, replays.handler, expiry.handler, sweep.handler]);
    alarmTables(this, [tables.connections, tables.subscriptions, tables.principals]);

    this.url = api.url;
    new CfnOutput(this, 'WebSocketUrl', { description: 'Where WebSocket clients connect', value: this.url });
  }
}
