/** The local run's gateway alone: sockets open without a function, and some posts are answered as those of a busy client. */
import type { Faults } from '../../../packages/assembly-local/faults.ts';
import { Gateway } from '../../../packages/assembly-local/gateway/gateway.ts';
import { Access } from '../../../packages/assembly-local/iam/access.ts';
import { Roles } from '../../../packages/assembly-local/iam/roles.ts';
import { Sessions } from '../../../packages/assembly-local/iam/sessions.ts';
import { createLog } from '../../../packages/assembly-local/log.ts';
import { answerQuestions } from './program.ts';

export interface GatewayQuestion {
  /** Every so-many-th connection answers every other post with 429. */
  readonly throttleEvery: number;
}

export interface GatewayReply {
  readonly websocketUrl: string;
  readonly managementEndpoint: string;
  readonly connectionIds: readonly string[];
  /** Of this process, so far. */
  readonly cpuSeconds: number;
}

const log = createLog({ verbose: false });
const faults: Faults = {};
const gateway = new Gateway({
  api: { apiId: 'bench', stage: 'dev', region: 'us-east-1', selectRoute: () => undefined, routes: new Map() },
  access: new Access({ roles: new Roles([]), sessions: new Sessions(), policyOf: () => [], log }),
  faults,
  log,
});
const port = await gateway.listen();

answerQuestions(({ throttleEvery }: GatewayQuestion): GatewayReply => {
  const connectionIds = gateway.openConnections;
  // The first post to one of them is throttled, the next one is let through.
  const busy = new Map(connectionIds.filter((_, index) => index % throttleEvery === 0).map((id) => [id, true]));
  faults.postOutcome = (connectionId) => {
    const throttled = busy.get(connectionId);
    if (throttled === undefined) return undefined;
    busy.set(connectionId, !throttled);
    return throttled ? { status: 429, code: 'LimitExceededException' } : undefined;
  };
  const { user, system } = process.cpuUsage();
  return {
    websocketUrl: gateway.url,
    managementEndpoint: `http://127.0.0.1:${port}/dev`,
    connectionIds,
    cpuSeconds: (user + system) / 1e6,
  };
});
