import { SSE_PATHS } from '../../../fargate/sse/contract.ts';
import { MAX_CHANNELS } from '../../../packages/protocol/channel.ts';
import { streamEvent, streamExpired, streamOpening, streamPresence, streamReset } from '../../../packages/protocol/schema/sse/frames.ts';
import { componentsOf, type Json, referenceTo } from '../json-schema.ts';

/** The frames of a stream, by the names of their schemas. */
const FRAMES = {
  StreamOpening: streamOpening,
  StreamEvent: streamEvent,
  StreamReset: streamReset,
  StreamPresence: streamPresence,
  StreamExpired: streamExpired,
};

/** What a stream of the SSE lane sends, as AsyncAPI 3. */
export function asyncapi(): Json {
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'realtime-lanes: streams of the SSE lane',
      version: '1',
      description:
        'The frames of GET /v1/events with Accept: text/event-stream, by the fields that an SSE parser hands over. openapi.json describes the request. A line that is a colon alone is a heartbeat.',
      license: { name: 'MIT' },
    },
    defaultContentType: 'text/event-stream',
    servers: {
      stage: {
        host: 'lanes.example.com',
        protocol: 'https',
        description: 'The host of the output HttpsUrl',
        security: [referenceToSecurity('bearer')],
      },
    },
    channels: {
      stream: {
        address: `${SSE_PATHS.events}?channel={channel}`,
        description: `One response. It carries up to ${MAX_CHANNELS} channels`,
        parameters: { channel: { description: 'Name of a channel' } },
        messages: Object.fromEntries(Object.keys(FRAMES).map((name) => [name, referenceTo('messages', name)])),
      },
    },
    operations: {
      stream: {
        action: 'send',
        channel: { $ref: '#/channels/stream' },
        summary: 'The service sends frames until one side ends the response',
      },
    },
    components: {
      schemas: componentsOf(FRAMES, 'draft-07'),
      messages: Object.fromEntries(Object.keys(FRAMES).map((name) => [name, { name, payload: referenceTo('schemas', name) }])),
      securitySchemes: { bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } },
    },
  };
}

function referenceToSecurity(name: string): Json {
  return { $ref: `#/components/securitySchemes/${name}` };
}
