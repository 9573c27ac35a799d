import { defineLane } from '../lane.ts';
import { sseSettings } from './sse-settings.ts';
import { SseStack } from './sse-stack.ts';
import { sseStages } from './sse-stages.ts';
import { addressRules, distributionRules, sseRules } from './sse-timeouts.ts';
import { zoneChecks } from './zone-checks.ts';

/** A load balancer in front of tasks that hold the streams. */
export const sse = defineLane({
  name: 'sse',
  settings: sseSettings,
  stages: sseStages,
  checks: ({ console, natGateways, zoneIds }) => [
    ...zoneChecks({ zoneIds }),
    {
      key: 'sse.natGateways',
      holds: ({ production }) => !production || natGateways > 0,
      allowed: 'must be 1 or 2 in production: without a NAT gateway, tasks have public addresses',
    },
    {
      key: 'sse.console',
      holds: ({ auth: { issuer } }) => !console || issuer === undefined || issuer.clientId !== undefined,
      allowed: 'the console signs users in as a client of the issuer: set auth.issuer.clientId, or set console to false',
    },
  ],
  rules: (stage, settings) => [...sseRules(stage, settings), ...addressRules(stage, settings), ...distributionRules(stage, settings)],
  addTo: (scope, id, props) => new SseStack(scope, id, props),
});
