import type { SignInError } from '../sign-in/sign-in-error.ts';

export type SignInProgress =
  /** The issuer, or the deployment, is being asked. */
  { readonly kind: 'asking' } | { readonly kind: 'leaving' } | { readonly kind: 'failed'; readonly error: SignInError };

export interface SignInScreenProps {
  readonly progress: SignInProgress;
  readonly issuer: string;
  readonly onTry: () => void;
}

/** In the place of the console for as long as nobody is signed in. */
export function SignInScreen({ progress, issuer, onTry }: SignInScreenProps) {
  if (progress.kind === 'failed') {
    return (
      <main class="sign-in card">
        <h1>You are not signed in</h1>
        <p role="alert">{progress.error.message}</p>
        <button type="button" class="primary" onClick={onTry}>
          Try again
        </button>
      </main>
    );
  }
  return (
    <main class="sign-in card">
      <h1>Signing in</h1>
      {progress.kind === 'asking' ? (
        <p role="status">Waiting for an answer.</p>
      ) : (
        <>
          <p role="status">Going to {new URL(issuer).host}.</p>
          {/* Whoever stops the browser on the way there stays on this page. */}
          <button type="button" class="secondary" onClick={onTry}>
            Sign in
          </button>
        </>
      )}
    </main>
  );
}
