/**
 * What conditions can ask about a call, by condition key. A key that is there without a value is known to be absent; one
 * that is not there is not emulated, and a condition on it is an error rather than a guess.
 */
export type Context = Readonly<Record<string, readonly string[] | undefined>>;

/** What a call needs: one action on one resource. Many calls need one, some several. */
export interface Permission {
  /** As policies name it, for example `sqs:SendMessage`. */
  readonly action: string;
  /** An ARN; `*` for actions that know no resource. */
  readonly resource: string;
  /** @default {} */
  readonly context?: Context;
}

/** The parameters of a request, as they came: permissions are asked for before anything is checked. */
export type Input = Readonly<Record<string, unknown>>;

/**
 * What the operations of a service need, by operation. It stands beside the emulation of each service; its source is the
 * Service Authorization Reference.
 * https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
 */
export type Permissions = Readonly<Record<string, (input: Input) => readonly Permission[]>>;

/** A parameter that is text; empty where it is missing, which the operation itself will refuse. */
export function text(input: Input, name: string): string {
  const value = input[name];
  return typeof value === 'string' ? value : '';
}
