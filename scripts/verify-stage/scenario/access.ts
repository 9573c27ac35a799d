import { SUBPROTOCOL } from '../../../packages/protocol/index.ts';
import { check, type Step } from './step.ts';
import { channelOf, needsClients, type Target } from './target.ts';

/** What is let in with each token: a status of a stream, `open` or `refused` of a socket. */
type Answers = Readonly<Record<'nothing' | 'a forged token' | 'the token', string>>;

const STREAMS: Answers = { nothing: '401', 'a forged token': '401', 'the token': '200' };
const SOCKETS: Answers = { nothing: 'refused', 'a forged token': 'refused', 'the token': 'open' };

export const token: Step = {
  name: 'without a token and with a forged one nothing is given, with the token it is',
  // A client tries again and again where its token is refused.
  isPrecondition: true,
  obstacle: needsClients,
  async run(target) {
    const lanes = [
      { what: 'streams', url: target.http, expected: STREAMS, ask: statusOfStream },
      { what: 'sockets', url: target.websocket, expected: SOCKETS, ask: openSocket },
    ].filter(({ url }) => url !== undefined);
    const seen: string[] = [];
    for (const { what, expected, ask } of lanes) {
      const answers: Answers = {
        nothing: await ask(target),
        'a forged token': await ask(target, forged(target.token)),
        'the token': await ask(target, target.token),
      };
      const said = JSON.stringify(answers);
      check(said === JSON.stringify(expected), `${what}: expected ${JSON.stringify(expected)}, got ${said}`);
      seen.push(`${what} ${Object.values(answers).join(', ')}`);
    }
    return seen.join('; ');
  },
};

/** Fetches a stream, and gives it up as soon as it is known how the answer begins. */
async function statusOfStream(target: Target, bearer?: string): Promise<string> {
  const headers = { accept: 'text/event-stream', ...(bearer !== undefined && { authorization: `Bearer ${bearer}` }) };
  const response = await fetch(`${target.http}/v1/events?channel=${channelOf(target, 'token')}`, { headers });
  await response.body?.cancel();
  return String(response.status);
}

function openSocket({ websocket = '', WebSocket: Given = WebSocket }: Target, bearer?: string): Promise<string> {
  const socket = new Given(websocket, [SUBPROTOCOL, ...(bearer === undefined ? [] : [`bearer.${bearer}`])]);
  return new Promise((resolve) => {
    socket.addEventListener('open', () => {
      socket.close();
      resolve('open');
    });
    socket.addEventListener('error', () => resolve('refused'));
  });
}

/** The signature is changed at its start: the last bits of base64 may mean nothing. */
function forged(text: string): string {
  const at = text.lastIndexOf('.') + 1;
  return `${text.slice(0, at)}${text[at] === 'A' ? 'B' : 'A'}${text.slice(at + 1)}`;
}
