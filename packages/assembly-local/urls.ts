import { SERVER_ENV } from '../../backbone/contract.ts';
import type { Front } from './balancer/front.ts';
import type { Gateway } from './gateway/gateway.ts';
import type { TaskService } from './tasks/task-service.ts';

/** Where to reach what. None ends in a slash; empty for what the app does not have. */
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
  readonly fronts: readonly Front[];
  readonly gateways: readonly Gateway[];
  readonly services: readonly TaskService[];
}): LocalUrls {
  const front = (protocol: Front['protocol']) => run.fronts.find((candidate) => candidate.protocol === protocol);
  const distribution = run.fronts.find(({ servesFiles }) => servesFiles);
  const hasConsole = run.services.some(({ options }) => (options.env('', 0)[SERVER_ENV.consoleConfig] ?? '') !== '');
  // Plain HTTP where it is no redirect: browsers distrust the certificate.
  const consoleFront = run.fronts.find(({ protocol, forwards }) => protocol === 'http' && forwards) ?? front('https');
  return {
    console: distribution?.url ?? (hasConsole ? (consoleFront?.url ?? '') : ''),
    http: front('http')?.url ?? '',
    https: front('https')?.url ?? '',
    websocket: run.gateways[0]?.url ?? '',
    endpoint: run.endpoint,
  };
}
