/** Plain `node:http`: every event is encoded once and written to every response. */
import type { ServerResponse } from 'node:http';
import { announce, createPublishServer, listenOnLoopback } from './publish-endpoint.ts';

const responses = new Set<ServerResponse>();
let events = 0;

const server = createPublishServer(
  (data) => {
    const frame = Buffer.from(`id: ${++events}\ndata: ${data}\n\n`);
    for (const response of responses) response.write(frame);
  },
  (_request, response) => {
    response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-cache' });
    response.flushHeaders();
    responses.add(response);
    response.on('close', () => responses.delete(response));
  },
);
announce({ port: await listenOnLoopback(server) });
