import { WebSocket as WsSocket } from 'ws';

const BEARER = 'bearer.';

/**
 * The WebSocket that our client is given here. MiniStack's gateway accepts a socket without the sub-protocol that `$connect` has
 * chosen, on which every client has to fail the connection. So none is offered, and the token goes into a header.
 */
class HeaderTokenSocket extends WsSocket {
  constructor(url: string | URL, protocols: string | string[] = []) {
    const token = [protocols].flat().find((protocol) => protocol.startsWith(BEARER));
    super(url, token === undefined ? {} : { headers: { authorization: `Bearer ${token.slice(BEARER.length)}` } });
  }
}

// The types of `ws` and of the DOM differ in what the client does not use.
export const EmulatorSocket = HeaderTokenSocket as unknown as typeof WebSocket;
