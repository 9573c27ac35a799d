import { App } from 'aws-cdk-lib';
import { BackboneStack } from '../lib/backbone/backbone-stack.ts';
import { checkTemplates } from '../lib/checks/template-checks.ts';
import { InvalidStageError, type Stage } from '../lib/config.ts';
import { EdgeStack, type Lanes } from '../lib/edge/edge-stack.ts';
import { LaneDashboard } from '../lib/observability/lane-dashboard.ts';
import { warnOfPlaceholders } from '../lib/placeholders.ts';
import { SseStack } from '../lib/sse/sse-stack.ts';
import { stageNamed } from '../lib/stages.ts';
import { WebSocketStack } from '../lib/websocket/websocket-stack.ts';

const app = new App();
const stage = chosenStage();

const prefix = `Lanes${stage.id.charAt(0).toUpperCase()}${stage.id.slice(1)}`;
const common = {
  stage,
  // Without an account, so that synth needs no credentials and no look-up.
  env: { region: stage.region },
  terminationProtection: stage.production,
  // CloudFormation puts them on everything in a stack; each lane adds its own name, so that a bill can be split by lane.
  tags: { project: 'realtime-lanes', stage: stage.id },
};

const shared = new BackboneStack(app, `${prefix}Backbone`, common);
const { backbone, access } = shared;
warnOfPlaceholders(shared, stage);

// Each lane is one statement. Take one out, with its import, and the other works on its own.
const lanes: Lanes = {};
// lane: websocket
lanes.webSocket = new WebSocketStack(app, `${prefix}Websocket`, { ...common, backbone, access });
// end lane
// lane: sse
lanes.sse = new SseStack(app, `${prefix}Sse`, { ...common, backbone, access, webSocketUrl: lanes.webSocket?.url });
// end lane

const { edge } = stage;
if (edge.type === 'cloudfront') {
  // CloudFront takes web ACLs, certificates and log deliveries of this Region only.
  new EdgeStack(app, `${prefix}Edge`, { ...common, env: { region: 'us-east-1' }, access, edge, lanes });
}

// Shows the lanes that there are.
new LaneDashboard(shared, 'Dashboard');

// `-c checks=off` is for runs on this machine, which deploy nothing and start sooner without.
if (app.node.tryGetContext('checks') !== 'off') checkTemplates(app);

/** Ends the synth with a line where there is no such stage, and without the stack of a program that has gone wrong. */
function chosenStage(): Stage {
  try {
    return stageNamed(app.node.tryGetContext('stage'));
  } catch (error) {
    if (!(error instanceof InvalidStageError)) throw error;
    console.error(`error: ${error.message}`);
    process.exit(2);
  }
}
