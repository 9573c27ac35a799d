/** Bundled into a page by `browser.test.ts`: runs one case there. The page controls the server through functions. */
import type { Transport } from '../../src/index.ts';
import { CASES, runCase } from './cases.ts';
import type { ServerControl } from './control.ts';

interface BrowserCase {
  readonly name: string;
  readonly transport: Transport;
  readonly urls: { readonly url: string; readonly websocketUrl: string };
}

declare global {
  /** Calls a method of the server control in Node. */
  var callServer: (method: string, args: readonly unknown[]) => Promise<unknown>;
  var runBrowserCase: (it: BrowserCase) => Promise<void>;
}

const server = new Proxy({} as ServerControl, {
  get:
    (_, method) =>
    (...args: unknown[]) =>
      callServer(String(method), args),
});

globalThis.runBrowserCase = async ({ name, transport, urls }) => {
  const it = CASES.find((candidate) => candidate.name === name);
  if (it === undefined) throw new Error(`no case is called "${name}"`);
  await runCase(it, transport, server, urls);
};
