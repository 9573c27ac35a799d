import type { SignInError } from '../sign-in/sign-in-error.ts';

export type SignInProgress =
  /** The issuer, or the deployment, is being asked. */
  { readonly kind: 'asking' } | { readonly kind: 'leaving' } | { readonly kind: 'failed'; readonly error: SignInError };

export interface SignInScreenProps {
  readonly progress: SignInProgress;
  readonly issuer: string;
  readonly onTry: () => void;
}

/** Shown instead of the console while no user is signed in. */
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
          {/* A user who stops the navigation stays on this page. */}
          <button type="button" class="secondary" onClick={onTry}>
            Sign in
          </button>
        </>
      )}
    </main>
  );
}
