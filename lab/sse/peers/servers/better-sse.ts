/** npm `better-sse`: a channel that broadcasts to sessions, with its defaults. */
import { createChannel, createSession } from 'better-sse';
import { announce, createPublishServer, listenOnLoopback } from './publish-endpoint.ts';

const channel = createChannel();
let events = 0;

const server = createPublishServer(
  (data) => {
    channel.broadcast(data, 'message', { eventId: String(++events) });
  },
  async (request, response) => {
    // The text is sent as it is, as everywhere here.
    channel.register(await createSession(request, response, { serializer: String }));
  },
);
announce({ port: await listenOnLoopback(server) });
