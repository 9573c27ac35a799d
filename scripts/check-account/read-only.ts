/** The names of operations that change nothing. */
const READS = /^(Get|List|Describe)[A-Z]\w*Command$/;

/** A program that only reads was about to do something else. */
export class NotReadOnlyError extends Error {
  override readonly name = 'NotReadOnlyError';
}

/** As far as it is needed here, what every client of the AWS SDK has. The types of what passes through are its own. */
interface Client {
  readonly middlewareStack: { add(middleware: Middleware, options: { readonly step: 'initialize'; readonly name: string }): void };
}

type Handler = (args: unknown) => Promise<unknown>;
// biome-ignore lint/suspicious/noExplicitAny: each client has handlers of its own types
type Middleware = (next: any, context: { readonly commandName?: string }) => any;

/**
 * The client, which from now on rejects every command that is not a `Get…`, `List…` or `Describe…`, before anything is sent.
 * The commands reject with {@link NotReadOnlyError}.
 */
export function readOnly<C extends Client>(client: C): C {
  client.middlewareStack.add(
    (next: Handler, { commandName = 'a command without a name' }) =>
      async (args: unknown) => {
        if (!READS.test(commandName)) throw new NotReadOnlyError(`${commandName} may change something, and was not sent`);
        return next(args);
      },
    { step: 'initialize', name: 'readOnly' },
  );
  return client;
}
