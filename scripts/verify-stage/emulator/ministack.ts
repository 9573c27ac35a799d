/** Where MiniStack, an emulator of AWS that is not ours, serves load balancers and WebSocket APIs: at paths of its one port. */

/** Whether the emulator at that address is one. */
export async function isMiniStack(endpoint: string): Promise<boolean> {
  return fetch(`${endpoint}/_ministack/ready`).then(
    ({ ok }) => ok,
    () => false,
  );
}

/** @param name of the load balancer, or its ARN */
export function emulatedHttpUrl(endpoint: string, name: string): string {
  const [, inArn = name] = /:loadbalancer\/app\/([^/]+)\//.exec(name) ?? [];
  return `${endpoint}/_alb/${inArn}`;
}

/** @param url `wss://<API>.execute-api.<region>.<suffix>/<stage>`, whose host name need not resolve here */
export function emulatedSocketUrl(endpoint: string, url: string): string {
  const { hostname, pathname } = new URL(url);
  return `${endpoint.replace(/^http/, 'ws')}/_aws/execute-api/${hostname.split('.')[0]}${pathname}`;
}
