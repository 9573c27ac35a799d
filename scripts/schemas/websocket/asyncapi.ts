import { MAX_CHANNELS_PER_CONNECTION } from '../../../lambda/websocket/domain/connection.ts';
import { SUBPROTOCOL } from '../../../packages/protocol/index.ts';
import { CLIENT_FRAMES, SERVER_FRAMES } from '../../../packages/protocol/schema/websocket/frames.ts';
import { componentsOf, type Json, referenceTo } from '../json-schema.ts';

type ClientFrameName = keyof typeof CLIENT_FRAMES;
type Kind = keyof typeof SERVER_FRAMES;

/** What answers each frame of a client, besides `error`. */
const ANSWERS: Readonly<Record<ClientFrameName, readonly Kind[]>> = {
  subscribe: ['subscribed', 'presence', 'reset', 'event', 'events', 'caughtUp'],
  unsubscribe: ['unsubscribed'],
  publish: ['published', 'accepted'],
  publishBatch: ['publishedBatch'],
  ping: ['pong', 'presence'],
  present: ['present'],
  absent: ['absent'],
};

/** What comes without a request. */
const DELIVERED: readonly Kind[] = ['event', 'events', 'ephemeral', 'presence', 'error'];

/** Both directions have a `publish…` of their own, and components share one namespace. */
const clientName = (action: string): string => `client-${action}`;
const serverName = (kind: string): string => `server-${kind}`;

/** The frames of the WebSocket lane, as AsyncAPI 3, from the server's point of view. */
export function asyncapi(): Json {
  const frames = {
    ...Object.fromEntries(Object.entries(CLIENT_FRAMES).map(([action, schema]) => [clientName(action), schema])),
    ...Object.fromEntries(Object.entries(SERVER_FRAMES).map(([kind, schema]) => [serverName(kind), schema])),
  };
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'realtime-lanes: WebSocket lane',
      version: '1',
      description: `JSON text frames of the sub-protocol ${SUBPROTOCOL}. protocol.md says what to do about lost and repeated events.`,
      license: { name: 'MIT' },
    },
    defaultContentType: 'application/json',
    servers: {
      stage: {
        host: 'lanes.example.com',
        pathname: '/{apiStage}',
        protocol: 'wss',
        variables: { apiStage: { default: 'dev', description: 'The stage of the API, named as the stage of the app' } },
        description: `The output WebSocketUrl. Offer the sub-protocol ${SUBPROTOCOL}; browsers put the token beside it, as bearer.<token>`,
        security: [{ $ref: '#/components/securitySchemes/bearer' }],
      },
    },
    channels: {
      socket: {
        address: null,
        description: `One connection. It carries up to ${MAX_CHANNELS_PER_CONNECTION} channels`,
        messages: Object.fromEntries(Object.keys(frames).map((name) => [name, referenceTo('messages', name)])),
      },
    },
    operations: {
      ...Object.fromEntries(Object.entries(ANSWERS).map(([action, kinds]) => [action, answered(action, kinds)])),
      deliver: {
        action: 'send',
        channel: { $ref: '#/channels/socket' },
        summary: 'Sent without a request: events of subscribed channels, and error before the server closes the connection',
        messages: DELIVERED.map((kind) => onSocket(serverName(kind))),
      },
    },
    components: {
      schemas: componentsOf(frames, 'draft-07'),
      messages: Object.fromEntries(Object.keys(frames).map((name) => [name, { name, payload: referenceTo('schemas', name) }])),
      securitySchemes: { bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } },
    },
  };
}

function answered(action: string, kinds: readonly Kind[]): Json {
  return {
    action: 'receive',
    channel: { $ref: '#/channels/socket' },
    messages: [onSocket(clientName(action))],
    reply: { channel: { $ref: '#/channels/socket' }, messages: [...kinds, 'error'].map((kind) => onSocket(serverName(kind))) },
  };
}

function onSocket(name: string): Json {
  return { $ref: `#/channels/socket/messages/${name}` };
}
