/**
 * What conditions can ask about a call, by condition key. A key without a value is known to be absent. A key
 * that is missing here is not emulated, and a condition on it is an error rather than a guess.
 */
export type Context = Readonly<Record<string, readonly string[] | undefined>>;

/** What a call needs: one action on one resource. Many calls need one permission, some several. */
export interface Permission {
  /** As policies name it, for example `sqs:SendMessage`. */
  readonly action: string;
  /** An ARN; `*` for actions without resources. */
  readonly resource: string;
  /** @default {} */
  readonly context?: Context;
}

/** The parameters of a request, unchecked: permissions are determined before any validation. */
export type Input = Readonly<Record<string, unknown>>;

/**
 * What the operations of a service need, by operation. These lists are next to the emulation of each service;
 * their source is the Service Authorization Reference.
 * https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
 */
export type Permissions = Readonly<Record<string, (input: Input) => readonly Permission[]>>;

/** A text parameter; empty if it is missing, which the operation itself will reject. */
export function text(input: Input, name: string): string {
  const value = input[name];
  return typeof value === 'string' ? value : '';
}
