import { connect } from 'node:net';
import { pipeline } from 'node:stream';
import { createServer, type TLSSocket } from 'node:tls';
import { type Certificate, makeCertificate } from '../../../packages/assembly-local/certificate.ts';
import { closed, LOOPBACK, listen } from '../../../packages/assembly-local/loopback.ts';

export interface TlsTerminator {
  readonly port: number;
  close(): Promise<void>;
}

/**
 * Takes TLS off before a server without it: the local run's API Gateway, which AWS reaches by `wss:` only, or an emulator.
 * @param certificate @default one that nobody trusts
 */
export async function startTlsTerminator(targetPort: number, certificate?: Certificate): Promise<TlsTerminator> {
  const sockets = new Set<TLSSocket>();
  const server = createServer({ ...(certificate ?? (await makeCertificate())), noDelay: true }, (client) => {
    sockets.add(client);
    const target = connect({ host: LOOPBACK, port: targetPort, noDelay: true });
    // When one end breaks or closes, so does the other.
    pipeline(client, target, client, () => sockets.delete(client));
  });
  // Clients that leave in the middle of the handshake.
  server.on('tlsClientError', () => undefined);
  const port = await listen(server);
  return {
    port,
    async close() {
      const done = closed(server);
      for (const socket of sockets) socket.destroy();
      await done;
    },
  };
}
