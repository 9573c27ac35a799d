import { options, render } from 'preact';
import { type ConsoleConfig, loadConfig } from './config.ts';
import { ConsoleModel } from './model/console.ts';
import type { Identity } from './sign-in/identity.ts';
import type { SignInConfig } from './sign-in/issuer.ts';
import { signIn } from './sign-in/sign-in.ts';
import { App } from './view/app.tsx';
import { type SignInProgress, SignInScreen } from './view/sign-in-screen.tsx';

// Renders at most once per frame, however many events arrive in it.
options.debounceRendering = requestAnimationFrame;

const root = document.getElementById('app') as HTMLElement;

try {
  const config = await loadConfig();
  if (config.signIn === undefined) openConsole(config);
  else await signInFirst(config, config.signIn);
} catch (error) {
  render(
    <p role="alert" class="fatal">
      The console could not start: {error instanceof Error ? error.message : String(error)}. Reload the page to try again.
    </p>,
    root,
  );
}

async function signInFirst(config: ConsoleConfig, issuer: SignInConfig): Promise<void> {
  const show = (progress: SignInProgress) =>
    render(<SignInScreen progress={progress} issuer={issuer.issuer} onTry={() => void signInFirst(config, issuer)} />, root);
  show({ kind: 'asking' });
  const outcome = await signIn(issuer);
  if (outcome.kind !== 'signedIn') show(outcome);
  else openConsole(config, { identity: outcome.identity, onSignIn: () => void signInFirst(config, issuer) });
}

function openConsole(config: ConsoleConfig, signedIn?: { readonly identity: Identity; readonly onSignIn: () => void }): void {
  const model = new ConsoleModel(config, signedIn?.identity);
  const signInAgain = () => {
    model.close();
    signedIn?.onSignIn();
  };
  render(<App model={model} onSignIn={signInAgain} />, root);
}
