import { App } from 'aws-cdk-lib';
import { BackboneStack } from '../lib/backbone/backbone-stack.ts';
import { checkTemplates } from '../lib/checks/template-checks.ts';
import { EdgeStack } from '../lib/edge/edge-stack.ts';
import { LaneDashboard } from '../lib/observability/lane-dashboard.ts';
import { warnOfPlaceholders } from '../lib/placeholders.ts';
import { stackName, stackPrefix } from '../lib/stack-names.ts';
import { InvalidStageError, LANES, type Stage, settingsOf } from '../lib/stage.ts';
import { stageNamed } from '../lib/stages.ts';

const app = new App();
const stage = chosenStage();

const prefix = stackPrefix(stage);
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

const lanes = LANES.map((lane) => {
  const id = stackName(stage, lane.name);
  return lane.addTo(app, id, { ...common, settings: settingsOf(stage, lane), backbone, access, peers: () => urlsBesides(lane.name) });
});

if (stage.edge.type === 'cloudfront') {
  // CloudFront takes web ACLs, certificates and log deliveries of this Region only.
  new EdgeStack(app, `${prefix}Edge`, { ...common, env: { region: 'us-east-1' }, edge: stage.edge, lanes });
}

new LaneDashboard(shared, 'Dashboard', lanes);

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

/** Where the other lanes are, as far as they have a URL of their own. */
function urlsBesides(name: string): Readonly<Record<string, string>> {
  return Object.fromEntries(lanes.flatMap(({ lane, url }) => (lane === name || url === undefined ? [] : [[lane, url]])));
}
