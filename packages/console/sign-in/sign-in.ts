import { type Identity, openIdentity } from './identity.ts';
import { Issuer, newChallenge, type SignInConfig } from './issuer.ts';
import { isAnswer, savePendingSignIn, takePendingSignIn, withoutAnswer } from './pending-sign-in.ts';
import { NOT_OURS, refusal, SignInError } from './sign-in-error.ts';

export type SignIn =
  | { readonly kind: 'signedIn'; readonly identity: Identity }
  /** The page goes to the issuer, which sends it back. */
  | { readonly kind: 'leaving' }
  /** Nothing happens from here on until the user asks for it. */
  | { readonly kind: 'failed'; readonly error: SignInError };

/** The shape of an error code in an address that anybody may have written. */
const ERROR_CODE = /^[a-z_]{1,40}$/;

/**
 * Signs the user in with the authorization code flow and PKCE, which leaves the page for the issuer and comes
 * back. A page that has come back never leaves again by itself, whatever the response, so an issuer that
 * refuses is asked only once. A second call starts over.
 */
export async function signIn(config: SignInConfig): Promise<SignIn> {
  try {
    const query = new URLSearchParams(location.search);
    return isAnswer(query) ? await comeBack(config, query) : await leaveForIssuer(config);
  } catch (error) {
    if (error instanceof SignInError) return { kind: 'failed', error };
    const reason = error instanceof Error ? error.message : String(error);
    return { kind: 'failed', error: new SignInError(`The sign-in failed: ${reason}.`, { cause: error }) };
  }
}

async function comeBack(config: SignInConfig, query: URLSearchParams): Promise<SignIn> {
  const pending = takePendingSignIn();
  // First of all: a reload, a bookmark or the back button must not return with a used response.
  history.replaceState(null, '', `${location.pathname}${pending?.search ?? withoutAnswer(query)}`);
  if (pending === undefined || query.get('state') !== pending.state) throw new SignInError(strangeAnswer(query), { refused: true });
  const issuer = await Issuer.discover(config);
  const tokens = await issuer.exchange(query, pending, redirectUri());
  return { kind: 'signedIn', identity: openIdentity(issuer, tokens) };
}

/** Anybody can write such an address, so none of its text is shown. */
function strangeAnswer(query: URLSearchParams): string {
  const code = query.get('error');
  return code !== null && ERROR_CODE.test(code) ? `${refusal(code)} ${NOT_OURS}` : NOT_OURS;
}

async function leaveForIssuer(config: SignInConfig): Promise<SignIn> {
  const issuer = await Issuer.discover(config);
  const challenge = newChallenge();
  const target = await issuer.authorizationUrl(challenge, redirectUri());
  savePendingSignIn({ ...challenge, search: withoutAnswer(new URLSearchParams(location.search)) });
  // Replaces this page, so that the back button does not start another sign-in.
  location.replace(target);
  return { kind: 'leaving' };
}

function redirectUri(): string {
  return `${location.origin}/`;
}
