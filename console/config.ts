export interface ConsoleConfig {
  /** Undefined where the WebSocket lane is not deployed. */
  readonly websocket?: string;
}

/**
 * What the deployment tells the page.
 * @throws Error when the server has no readable `/console.json`
 */
export async function loadConfig(): Promise<ConsoleConfig> {
  const response = await fetch('/console.json', { cache: 'no-cache' });
  if (!response.ok) throw new Error(`/console.json answered ${response.status}`);
  const config: unknown = await response.json();
  const websocket = typeof config === 'object' && config !== null && 'websocket' in config ? config.websocket : undefined;
  return typeof websocket === 'string' && websocket !== '' ? { websocket } : {};
}
