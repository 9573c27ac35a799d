import { AuthorizationResponseError, INVALID_RESPONSE, JSON_ATTRIBUTE_COMPARISON, ResponseBodyError } from 'oauth4webapi';

/** What the user was waiting for when it failed. */
export type SignInStep = 'discovery' | 'return' | 'token' | 'renewal';

/** Error codes of RFC 6749, 4.1.2.1, and OpenID Connect Core, 3.1.2.6, as messages for the user. */
const REFUSALS: Readonly<Record<string, string>> = {
  access_denied: 'Access was denied: the sign-in was cancelled, or this user may not use the application.',
  login_required: 'The issuer wants the user to sign in there first.',
  consent_required: 'The issuer wants the user to agree first.',
  interaction_required: 'The issuer wants the user to do something there first.',
  server_error: 'The issuer has failed.',
  temporarily_unavailable: 'The issuer is overloaded or under maintenance.',
};

/** Why the sign-in failed, in a sentence or two for the user. */
export class SignInError extends Error {
  override readonly name = 'SignInError';
  /** Whether the issuer refused: it would refuse the same request again. */
  readonly refused: boolean;

  constructor(message: string, options: { readonly cause?: unknown; readonly refused?: boolean } = {}) {
    super(message, { cause: options.cause });
    this.refused = options.refused ?? false;
  }
}

/** Describes what went wrong between this page and the issuer. */
export function signInError(error: unknown, step: SignInStep, issuer: string): SignInError {
  if (error instanceof SignInError) return error;
  const options = { cause: error, refused: error instanceof AuthorizationResponseError || error instanceof ResponseBodyError };
  return new SignInError(sentence(error, step, issuer), options);
}

function sentence(error: unknown, step: SignInStep, issuer: string): string {
  if (error instanceof AuthorizationResponseError) return refusal(error.error, error.error_description);
  if (error instanceof ResponseBodyError) {
    if (error.error !== 'invalid_grant') return refusal(error.error, error.error_description);
    const what = step === 'renewal' ? 'The sign-in has ended' : 'The sign-in took too long, or its code was used before';
    return `${what}. The issuer says: ${said(error.error, error.error_description)}.`;
  }
  // Errors of `fetch` do not distinguish an unknown host from a broken connection or a response that this
  // page may not read.
  if (!isOfLibrary(error)) return `The issuer ${issuer} cannot be reached.`;
  if (step === 'return' && error.code === INVALID_RESPONSE) return NOT_OURS;
  if (step === 'discovery' && error.code === JSON_ATTRIBUTE_COMPARISON) {
    return `The discovery document of ${issuer} names another issuer. Whoever runs this deployment has to correct its settings.`;
  }
  const status = error.cause instanceof Response ? ` (HTTP status ${error.cause.status})` : '';
  return `The issuer ${issuer} gave an answer that this page cannot use${status}: ${error.message}.`;
}

/** Errors of `oauth4webapi` have a code; errors of `fetch` do not. */
function isOfLibrary(error: unknown): error is Error & { readonly code: string } {
  return error instanceof Error && 'code' in error && typeof error.code === 'string';
}

/** The issuer's response belongs to no sign-in of this tab. */
export const NOT_OURS =
  'This answer of the issuer belongs to no sign-in that this tab has begun: it is old, was used before, or comes from another tab.';

/** @param description must come from the issuer itself: it is shown unchanged */
export function refusal(code: string, description?: string): string {
  const known = REFUSALS[code] ?? 'The issuer refused the sign-in.';
  return `${known} The issuer says: ${said(code, description)}.`;
}

function said(code: string, description: string | undefined): string {
  return description === undefined || description === '' ? code : `${description.replace(/\.$/, '')} (${code})`;
}
