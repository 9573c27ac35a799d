import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

export interface Invocation {
  readonly value?: unknown;
  readonly error?: { readonly name: string; readonly message: string };
}

/** Runs a bundle in a process of its own, with this environment and no other, and invokes its handler with each event. */
export async function invokeBundle(bundle: string, env: Readonly<Record<string, string>>, events: readonly unknown[]) {
  const child = fork(join(import.meta.dirname, 'invoke-bundle.mjs'), [JSON.stringify({ bundle, events, timeoutMs: 30_000 })], {
    env: { ...env },
    execArgv: [],
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  });
  if (child.stdout === null) throw new TypeError('the child has no stdout');
  const output = text(child.stdout);
  const exit = once(child, 'exit');
  const [results]: [Invocation[]] = await Promise.race([
    once(child, 'message') as Promise<[Invocation[]]>,
    exit.then(([code]) => Promise.reject(new Error(`the bundle ended with ${code} and no result`))),
  ]);
  await exit;
  return { results, output: await output };
}
