import type { Identity } from '../sign-in/identity.ts';

export interface SignInEndedProps {
  readonly identity: Identity;
  readonly onSignIn: () => void;
}

/**
 * Shown above the console once there are no further tokens: the rows stay, and the lanes return after the
 * next sign-in.
 */
export function SignInEnded({ identity, onSignIn }: SignInEndedProps) {
  const error = identity.ended.value;
  if (error === undefined) return null;
  return (
    <div class="sign-in-ended" role="alert">
      <p>{error.message}</p>
      <button type="button" class="primary" onClick={onSignIn}>
        Sign in again
      </button>
    </div>
  );
}
