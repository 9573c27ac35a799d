import { options, render } from 'preact';
import { loadConfig } from './config.ts';
import { ConsoleModel } from './model/console.ts';
import { signIn } from './sign-in.ts';
import { App } from './view/app.tsx';

// One drawing per frame, however many events arrive in it.
options.debounceRendering = requestAnimationFrame;

const root = document.getElementById('app');
if (root === null) throw new Error('index.html has no #app');

try {
  const config = await loadConfig();
  const identity = config.signIn === undefined ? undefined : await signIn(config.signIn);
  render(<App model={new ConsoleModel(config, identity)} />, root);
} catch (error) {
  render(
    <p role="alert" class="fatal">
      The console could not start: {error instanceof Error ? error.message : String(error)}. Reload the page to try again.
    </p>,
    root,
  );
}
