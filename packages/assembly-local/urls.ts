import { SERVER_ENV } from '../../backbone/contract.ts';
import type { Listener } from './balancer/listener.ts';
import type { Gateway } from './gateway/gateway.ts';
import type { TaskService } from './tasks/task-service.ts';

/** Local addresses. None ends in a slash; empty for what the app does not have. */
export interface LocalUrls {
  readonly console: string;
  readonly http: string;
  readonly https: string;
  readonly websocket: string;
  /** For `AWS_ENDPOINT_URL`. */
  readonly endpoint: string;
}

export function urlsOf(run: {
  readonly endpoint: string;
  readonly listeners: readonly Listener[];
  readonly gateways: readonly Gateway[];
  readonly services: readonly TaskService[];
}): LocalUrls {
  const listener = (protocol: Listener['protocol']) => run.listeners.find((candidate) => candidate.protocol === protocol);
  const distribution = run.listeners.find(({ servesFiles }) => servesFiles);
  const hasConsole = run.services.some(({ options }) => (options.env('', 0)[SERVER_ENV.consoleConfig] ?? '') !== '');
  // Plain HTTP unless it redirects, because browsers distrust the certificate.
  const consoleListener = run.listeners.find(({ protocol, forwards }) => protocol === 'http' && forwards) ?? listener('https');
  return {
    console: distribution?.url ?? (hasConsole ? (consoleListener?.url ?? '') : ''),
    http: listener('http')?.url ?? '',
    https: listener('https')?.url ?? '',
    websocket: run.gateways[0]?.url ?? '',
    endpoint: run.endpoint,
  };
}
