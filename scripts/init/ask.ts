import { createInterface } from 'node:readline/promises';
import { type Answers, type Auth, hasConsole, InvalidAnswerError, READ } from './answers.ts';

/** What the command line has answered already. */
export type Given = { readonly [K in keyof Answers]?: Answers[K] | undefined };

/**
 * Asks at the terminal for what is not given, and again for what makes no sense.
 * @throws AbortError at Ctrl-C, and when the signal aborts
 */
export async function askForRest(
  given: Given,
  input: NodeJS.ReadableStream,
  output: NodeJS.WritableStream,
  signal: AbortSignal,
): Promise<Answers> {
  const terminal = createInterface({ input, output });
  const ask = async <T>(question: string, read: (text: string) => T): Promise<T> => {
    for (;;) {
      try {
        return read((await terminal.question(question, { signal })).trim());
      } catch (error) {
        if (!(error instanceof InvalidAnswerError)) throw error;
        output.write(`${error.message}\n`);
      }
    }
  };
  try {
    const name = given.name ?? (await ask('Name of the project (such as order-feed): ', READ.name));
    const lanes = given.lanes ?? (await ask('Lanes (websocket, sse or both): ', READ.lanes));
    return {
      name,
      lanes,
      edge: given.edge ?? (await ask('Edge (alb or cloudfront): ', READ.edge)),
      region: given.region ?? (await ask('Region (such as eu-central-1): ', READ.region)),
      auth: await askForAuth(ask, given.auth, hasConsole(lanes)),
    };
  } finally {
    terminal.close();
  }
}

async function askForAuth(
  ask: <T>(question: string, read: (text: string) => T) => Promise<T>,
  given: Auth | undefined,
  withConsole: boolean,
): Promise<Auth> {
  const askForClient = () => ask('Its public client for the console: ', READ.clientId);
  if (given !== undefined) {
    return given === 'cognito' || !withConsole ? given : { ...given, clientId: given.clientId ?? (await askForClient()) };
  }
  const url = await ask('Issuer of your tokens (its URL; empty for a Cognito user pool of its own): ', (text) =>
    text === '' ? undefined : READ.url('issuer', text),
  );
  if (url === undefined) return 'cognito';
  return {
    url,
    audience: await ask('Audience of the tokens: ', READ.audience),
    jwksUri: await ask('URL of its keys (jwks_uri): ', (text) => READ.url('jwks', text)),
    ...(withConsole && { clientId: await askForClient() }),
  };
}
