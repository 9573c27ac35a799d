import { fieldsOf } from './fields.ts';
import type { SignInConfig } from './sign-in/issuer.ts';

export interface ConsoleConfig {
  /** Undefined if the WebSocket lane is not deployed. */
  readonly websocket?: string;
  /** Undefined if the deployment needs no sign-in. */
  readonly signIn?: SignInConfig;
}

/**
 * What the deployment tells the page.
 * @throws Error if the server has no readable `/console.json`
 */
export async function loadConfig(): Promise<ConsoleConfig> {
  const response = await fetch('/console.json', { cache: 'no-cache' });
  if (!response.ok) throw new Error(`/console.json answered ${response.status}`);
  const { websocket, signIn } = fieldsOf(await response.json());
  const { issuer, clientId } = fieldsOf(signIn);
  return {
    ...(typeof websocket === 'string' && websocket !== '' && { websocket }),
    ...(typeof issuer === 'string' && typeof clientId === 'string' && { signIn: { issuer, clientId } }),
  };
}
