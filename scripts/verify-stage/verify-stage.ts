import { randomUUID } from 'node:crypto';
import { type Endpoint, endpointCredentials } from '../../command-line/endpoint.ts';
import { stageNamed } from '../../lib/stages.ts';
import { type DeployedStage, outputOf, readDeployedStage } from './deployed-stage.ts';
import { EmulatorSocket } from './emulator/emulator-socket.ts';
import { emulatedHttpUrl, emulatedSocketUrl, isMiniStack } from './emulator/ministack.ts';
import type { Verification } from './report.ts';
import { backendEntrances } from './scenario/backends.ts';
import { SCENARIO } from './scenario/scenario.ts';
import { type Outcome, runSteps } from './scenario/step.ts';
import type { Target } from './scenario/target.ts';

export interface VerifyStageOptions {
  readonly stage: string;
  /** @default AWS, or what the environment takes for it */
  readonly endpoint?: Endpoint | undefined;
  readonly token: string;
  /** Gets each outcome as soon as it is known. */
  readonly onOutcome: (outcome: Outcome) => void;
  readonly signal: AbortSignal;
}

/**
 * Uses a stage that is deployed, through the addresses that its stacks print. It publishes to channels of its own, changes
 * nothing else, and stops nothing.
 *
 * @throws NotDeployedError, errors of the SDK, or the signal's reason
 */
export async function verifyStage({
  stage: id,
  endpoint,
  token,
  onOutcome,
  signal,
}: VerifyStageOptions): Promise<Omit<Verification, 'commit'>> {
  const stage = stageNamed(id);
  const settings = endpoint === undefined ? {} : { endpoint: endpoint.url, credentials: endpointCredentials() };
  const at = new Date();
  const deployed = await readDeployedStage(stage, settings);
  const names = { functionName: outputOf(deployed, 'PublishFunctionName'), busName: outputOf(deployed, 'EventBusName') };
  const backends = backendEntrances(names, { ...settings, region: stage.region });
  const clients = endpoint !== undefined && (await isMiniStack(endpoint.url)) ? emulated(deployed, endpoint.url) : declared(deployed);
  const target: Target = { ...clients, token, channelPrefix: `verify.${randomUUID().slice(0, 8)}.`, backends };
  try {
    const outcomes: Outcome[] = [];
    for await (const outcome of runSteps(SCENARIO, target, signal)) {
      outcomes.push(outcome);
      onOutcome(outcome);
    }
    return {
      stage: id,
      at,
      against: endpoint?.url ?? 'AWS',
      stacks: deployed.stacks,
      addresses: addressesOf(target, names),
      outcomes,
    };
  } finally {
    for (const backend of backends) backend.close();
  }
}

type Clients = Pick<Target, 'http' | 'websocket' | 'WebSocket'>;

/** Lanes name their URL in an output, and those that are not deployed have none. */
const declared = ({ outputs }: DeployedStage): Clients => ({ http: outputs['HttpsUrl'], websocket: outputs['WebSocketUrl'] });

/** Where an emulator that has no host names serves the same. */
function emulated({ outputs, loadBalancer }: DeployedStage, endpoint: string): Clients {
  const socketUrl = outputs['WebSocketUrl'];
  return {
    http: loadBalancer === undefined ? undefined : emulatedHttpUrl(endpoint, loadBalancer),
    websocket: socketUrl === undefined ? undefined : emulatedSocketUrl(endpoint, socketUrl),
    WebSocket: EmulatorSocket,
  };
}

function addressesOf({ http, websocket }: Target, { functionName, busName }: { readonly functionName: string; readonly busName: string }) {
  return {
    ...(http !== undefined && { HTTP: http }),
    ...(websocket !== undefined && { WebSocket: websocket }),
    'publish function': functionName,
    'event bus': busName,
  };
}
