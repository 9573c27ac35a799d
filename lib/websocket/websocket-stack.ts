import { CfnOutput, Duration, Size, Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { connectionLimits, publishLimits, responseLimits } from '../../lambda/websocket/settings.ts';
import type { EdgePart, EdgePartProps } from '../edge/edge-part.ts';
import type { LaneProps, LaneStack } from '../lane.ts';
import { LaneFunction } from '../lane-function.ts';
import { alarmErrors, alarmFunctions, alarmLane, alarmTables } from '../observability/alarms.ts';
import { ConnectionExpiry } from './connection-expiry.ts';
import { ConnectionSweep } from './connection-sweep.ts';
import { ConnectionTables } from './connection-tables.ts';
import { FanOut } from './fan-out.ts';
import { PresenceFanOut } from './presence-fan-out.ts';
import { Replays } from './replays.ts';
import { WebSocketApi } from './websocket-api.ts';
import { websocketDashboard } from './websocket-dashboard.ts';
import { webSocketBehavior } from './websocket-edge.ts';
import type { WebSocketSettings } from './websocket-settings.ts';

/** The WebSocket lane: API Gateway holds the connections, Lambda answers frames and delivers events. */
export class WebSocketStack extends Stack implements LaneStack {
  readonly lane = 'websocket';
  readonly dashboard = websocketDashboard;
  /** `wss://…`: where clients connect. */
  readonly url: string;
  readonly api: WebSocketApi;

  constructor(scope: Construct, id: string, { stage, settings, backbone, access, peers: _, ...props }: LaneProps<WebSocketSettings>) {
    super(scope, id, { description: 'realtime-lanes: WebSocket lane', ...props, tags: { ...props.tags, lane: 'websocket' } });
    const logRetention = stage.logRetentionDays;
    const routeFunction = { logRetention, timeout: Duration.seconds(settings.routeFunctionTimeoutSeconds) };

    const tables = new ConnectionTables(this, 'Tables', settings);
    const connect = new LaneFunction(this, 'Connect', {
      ...routeFunction,
      entry: 'lambda/websocket/connect.ts',
      description: 'Answers $connect: checks the token and records a new connection',
    });
    const disconnect = new LaneFunction(this, 'Disconnect', {
      ...routeFunction,
      entry: 'lambda/websocket/disconnect.ts',
      description: 'Answers $disconnect: removes a connection',
    });
    const frame = new LaneFunction(this, 'Frame', {
      ...routeFunction,
      entry: 'lambda/websocket/frame.ts',
      description: 'Answers every frame that a client sends',
      memory: Size.mebibytes(512),
    });
    const api = new WebSocketApi(this, 'Api', {
      stageName: stage.id,
      connect,
      disconnect,
      frame,
      requestsPerSecond: settings.requestsPerSecond,
      requestBurst: settings.requestBurst,
      setsAccountLogRole: settings.setsAccountLogRole,
      logRetention,
    });
    const fanOut = new FanOut(this, 'FanOut', { settings: settings.fanOut, backbone, logRetention });
    const presence = new PresenceFanOut(this, 'Presence', { backbone, logRetention });
    const replays = new Replays(this, 'Replays', { settings: settings.replay, logRetention });
    const expiry = new ConnectionExpiry(this, 'Expiry', { tables, api, logRetention });
    const sweep = new ConnectionSweep(this, 'Sweep', { settings: settings.sweep, tables, api, logRetention });

    access.configure(connect);
    connect.settings.add({ ...connectionLimits, ...responseLimits }, settings);
    frame.settings.add({ ...publishLimits, ...responseLimits }, settings);
    tables.allowOpen(connect);
    tables.allowClose(disconnect);
    tables.allowSubscribe(frame);
    tables.allowCount(connect);
    tables.allowBeginReplay(frame);
    replays.allowEnqueue(frame);
    tables.allowReplay(replays.handler);
    // A replay's post may be what finds a connection gone.
    tables.allowClose(replays.handler);
    // A frame may be the last thing that arrives from a connection whose $disconnect was lost.
    tables.allowClose(frame);
    tables.allowDeliver(fanOut.handler);
    // It also deletes the other rows of connections that it finds closed.
    tables.allowClose(fanOut.handler);
    backbone.allowRead(frame);
    backbone.allowCompareHeads(frame);
    backbone.allowPublish(frame);
    backbone.allowRead(replays.handler);
    tables.allowDeliver(presence.handler);
    tables.allowClose(presence.handler);
    // To be present, to renew that, and to send who else is.
    backbone.presence.allowExtend(frame);
    backbone.allowSeePresence(frame);
    backbone.allowSeePresence(presence.handler);
    // Whoever closes a connection ends its presence too.
    for (const closer of [disconnect, frame, fanOut.handler, presence.handler, replays.handler, expiry.handler, sweep.handler]) {
      backbone.allowBePresent(closer);
    }
    api.allowPost(frame);
    // To close the connections of a principal that floods, and connections without a row.
    api.allowEnd(frame);
    api.allowPost(fanOut.handler);
    api.allowPost(presence.handler);
    api.allowPost(replays.handler);

    this.api = api;
    alarmErrors(this, this.lane);
    if (stage.alarms === 'all') {
      alarmLane(this, this.lane);
      alarmFunctions(this, [connect, disconnect, frame, fanOut.handler, presence.handler, replays.handler, expiry.handler, sweep.handler]);
      alarmTables(this, [tables.connections, tables.subscriptions, tables.principals]);
    }

    this.url = api.url;
    new CfnOutput(this, 'WebSocketUrl', { description: 'Where WebSocket clients connect', value: this.url });
  }

  behind(_scope: Construct, { region }: EdgePartProps): EdgePart {
    const { stageName } = this.api.stage;
    return {
      lane: this.lane,
      behaviors: (distribution) => ({
        paths: {
          [`/${stageName}`]: webSocketBehavior(distribution, `${this.api.api.apiId}.execute-api.${region}.${this.urlSuffix}`),
        },
      }),
      url: (host) => `wss://${host}/${stageName}`,
      output: { id: 'WebSocketUrl', description: 'Where WebSocket clients connect' },
    };
  }
}
