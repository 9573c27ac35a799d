import { SESSION_COOKIE } from '../../../backbone/domain/credentials.ts';
import { LONGEST_POLL_SECONDS, SSE_PATHS } from '../../../fargate/sse/contract.ts';
import { MAX_CHANNELS } from '../../../packages/protocol/channel.ts';
import { KINDS_HEADER } from '../../../packages/protocol/index.ts';
import { MAX_PRESENCE_DATA_BYTES } from '../../../packages/protocol/presence.ts';
import {
  batchAnswer,
  channelName,
  ephemeralEvent,
  idempotencyKey,
  presenceChanges,
  wireEvent,
} from '../../../packages/protocol/schema/events.ts';
import {
  acceptedResponse,
  cursor,
  newBatch,
  newEvent,
  pollResponse,
  presenceResponse,
  problem,
  publishResponse,
  reset,
} from '../../../packages/protocol/schema/sse/http.ts';
import { componentsOf, type Json, referenceTo } from '../json-schema.ts';
import { problemResponses, problems } from './problems.ts';

/** The HTTP interface of the SSE lane, as OpenAPI 3.1. */
export function openapi(): Json {
  return {
    openapi: '3.1.1',
    info: {
      title: 'realtime-lanes: SSE lane',
      version: '1',
      description:
        'Streams, long polls and polls of the same events under the same ids, and publishing. The frames of a stream are described in asyncapi.json.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [
      { url: 'https://{host}', variables: { host: { default: 'lanes.example.com', description: 'The host of the output HttpsUrl' } } },
    ],
    security: [{ bearer: [] }, { session: [] }, { queryToken: [] }],
    tags: [
      { name: 'events', description: 'Read and publish' },
      { name: 'session', description: 'A cookie with the token, for EventSource' },
      { name: 'health', description: 'For load balancers' },
    ],
    paths: {
      [SSE_PATHS.events]: { get: readEvents() },
      '/v1/channels/{channel}/events': { post: publishEvent() },
      [SSE_PATHS.presence]: { get: readPresence() },
      [SSE_PATHS.session]: { post: openSession(), delete: endSession() },
      [SSE_PATHS.health]: { get: health('isAlive', 'Whether the process is alive', 'alive') },
      [SSE_PATHS.ready]: {
        get: {
          ...health('isReady', 'Whether the task takes streams', 'ready'),
          responses: { ...statusResponse('200', 'It does', 'ready'), ...statusResponse('503', 'It drains, and will stop', 'draining') },
        },
      },
    },
    components: {
      schemas: componentsOf(
        {
          Channel: channelName,
          Cursor: cursor,
          Event: wireEvent,
          EphemeralEvent: ephemeralEvent,
          IdempotencyKey: idempotencyKey,
          NewEvent: newEvent,
          NewBatch: newBatch,
          PublishResponse: publishResponse,
          BatchAnswer: batchAnswer,
          AcceptedResponse: acceptedResponse,
          PollResponse: pollResponse,
          Reset: reset,
          PresenceChanges: presenceChanges,
          PresenceResponse: presenceResponse,
          Problem: problem,
        },
        'draft-2020-12',
      ),
      responses: problemResponses(),
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' },
        session: {
          type: 'apiKey',
          in: 'cookie',
          name: SESSION_COOKIE,
          description: `Set by POST ${SSE_PATHS.session}. Publishing with it is for pages of the lane and of allowed origins`,
        },
        queryToken: { type: 'apiKey', in: 'query', name: 'token', description: 'Streams and polls only, and only if the stage allows it' },
      },
    },
  };
}

function readEvents(): Json {
  return {
    operationId: 'readEvents',
    tags: ['events'],
    summary: 'Stream with Accept: text/event-stream, poll with Accept: application/json',
    parameters: [
      {
        ...query('channel', 'A channel to read, repeated for several'),
        required: true,
        schema: { type: 'array', minItems: 1, maxItems: MAX_CHANNELS, items: referenceTo('schemas', 'Channel') },
      },
      {
        name: 'Last-Event-ID',
        in: 'header',
        description: 'Stream: the position to resume after',
        schema: referenceTo('schemas', 'Cursor'),
      },
      {
        ...query('lastEventId', 'Stream: as the header, which wins, for clients that cannot set it'),
        schema: referenceTo('schemas', 'Cursor'),
      },
      {
        ...query('heartbeat', "Stream: seconds between heartbeats, up to the stage's own interval"),
        schema: { type: 'integer', minimum: 2 },
      },
      { ...query('after', 'Poll: the position to continue after'), schema: referenceTo('schemas', 'Cursor') },
      {
        ...query('waitSeconds', 'Poll: how long to wait for an event'),
        schema: { type: 'integer', minimum: 0, maximum: LONGEST_POLL_SECONDS, default: 0 },
      },
      {
        ...query('present', 'The client is present on all of these channels, and says this about itself. It may be empty'),
        schema: { type: 'string', description: `At most ${MAX_PRESENCE_DATA_BYTES} bytes of UTF-8` },
      },
      {
        ...query('presence', 'true: the client follows who is present on these channels'),
        schema: { type: 'boolean', default: false },
      },
      {
        ...query(
          'presenceState',
          'Poll: the states that came last, as channel=state, separated by commas. The poll then waits for a change',
        ),
        schema: { type: 'string', examples: ['room=1pinq0ipq9bpg'] },
      },
    ],
    responses: {
      '200': {
        description: 'A stream, or the page of a poll',
        headers: {
          [KINDS_HEADER]: {
            description: 'The kind of each channel, durable or ephemeral, in the order of the request. Missing if all are durable',
            schema: { type: 'string', examples: ['durable, ephemeral'] },
          },
        },
        content: {
          'text/event-stream': { schema: { type: 'string', description: 'An event stream: asyncapi.json describes its frames' } },
          'application/json': { schema: referenceTo('schemas', 'PollResponse') },
        },
      },
      ...problems('400', '401', '403', '406', '413', '429', '500', '503'),
    },
  };
}

function readPresence(): Json {
  return {
    operationId: 'readPresence',
    tags: ['events'],
    summary: 'Who is present on a channel',
    parameters: [{ ...query('channel', 'The channel'), required: true, schema: referenceTo('schemas', 'Channel') }],
    responses: {
      '200': { description: 'The members, or only their count', content: jsonOf('PresenceResponse') },
      ...problems('400', '401', '403', '429', '500', '503'),
    },
  };
}

function publishEvent(): Json {
  return {
    operationId: 'publishEvent',
    tags: ['events'],
    summary: 'Publish an event, or several in a batch',
    security: [{ bearer: [] }, { session: [] }],
    parameters: [
      { name: 'channel', in: 'path', required: true, schema: referenceTo('schemas', 'Channel') },
      { name: 'Idempotency-Key', in: 'header', schema: referenceTo('schemas', 'IdempotencyKey') },
    ],
    requestBody: { required: true, content: jsonOf('NewEvent', 'NewBatch') },
    responses: {
      '201': {
        description: 'Published: it is in the log, or all events of the batch are, and will be delivered',
        content: jsonOf('PublishResponse', 'BatchAnswer'),
      },
      '202': { description: 'The channel is ephemeral: sent to whoever is there', content: jsonOf('AcceptedResponse') },
      '207': {
        description: 'Some events of the batch have an error: send the batch again, with the same key',
        content: jsonOf('BatchAnswer'),
      },
      ...problems('400', '401', '403', '409', '413', '415', '429', '500', '503'),
    },
  };
}

function openSession(): Json {
  return {
    operationId: 'openSession',
    tags: ['session'],
    summary: 'Copy the token from Authorization to a cookie',
    security: [{ bearer: [] }],
    responses: { '204': cookieSet("The cookie lasts for the token's lifetime"), ...problems('400', '401', '403', '500', '503') },
  };
}

function endSession(): Json {
  return {
    operationId: 'endSession',
    tags: ['session'],
    summary: 'Remove the cookie',
    security: [],
    responses: { '204': cookieSet('The cookie is removed'), ...problems('403', '500') },
  };
}

function cookieSet(description: string): Json {
  return { description, headers: { 'Set-Cookie': { schema: { type: 'string' } } } };
}

function health(operationId: string, summary: string, status: string): { readonly [key: string]: Json } {
  return { operationId, tags: ['health'], summary, security: [], responses: statusResponse('200', 'It is', status) };
}

function statusResponse(code: string, description: string, status: string): { readonly [key: string]: Json } {
  const schema: Json = { type: 'object', required: ['status'], properties: { status: { type: 'string', const: status } } };
  return { [code]: { description, content: { 'application/json': { schema } } } };
}

/** JSON as one of these schemas describes it. */
function jsonOf(...names: readonly [string, ...string[]]): Json {
  const schemas = names.map((name) => referenceTo('schemas', name));
  return { 'application/json': { schema: schemas.length === 1 ? referenceTo('schemas', names[0]) : { oneOf: schemas } } };
}

function query(name: string, description: string): { readonly [key: string]: Json } {
  return { name, in: 'query', description };
}
