import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

export interface LyingServer {
  readonly url: string;
  close(): Promise<void>;
}

/**
 * A service whose streams get what `deliver` makes of each publication: so a test knows what a check has to find.
 * @param deliver the seqs to send when the event with that seq was published
 */
export async function startLyingServer(deliver: (seq: number) => readonly number[]): Promise<LyingServer> {
  const streams = new Set<ServerResponse>();
  const data = new Map<number, string>();
  const server: Server = createServer(async (request, response) => {
    if (request.method === 'GET') {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).write('id: e.0\n\n');
      streams.add(response);
      return;
    }
    const seq = data.size + 1;
    data.set(seq, (JSON.parse(await text(request)) as { data: string }).data);
    response.writeHead(201, { 'content-type': 'application/json' }).end(JSON.stringify({ id: `e.${seq}` }));
    for (const sent of deliver(seq)) for (const stream of streams) stream.write(`id: e.${sent}\ndata: ${data.get(sent)}\n\n`);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
