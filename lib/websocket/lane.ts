import { defineLane } from '../lane.ts';
import { websocketBudgetRules } from './websocket-budget.ts';
import { websocketSettings } from './websocket-settings.ts';
import { WebSocketStack } from './websocket-stack.ts';
import { websocketStages } from './websocket-stages.ts';
import { websocketRules } from './websocket-timeouts.ts';

/** API Gateway holds the connections, Lambda answers frames and delivers events. */
export const websocket = defineLane({
  name: 'websocket',
  settings: websocketSettings,
  stages: websocketStages,
  checks: () => [],
  rules: (stage, settings) => [...websocketRules(stage, settings), ...websocketBudgetRules(settings)],
  addTo: (scope, id, props) => new WebSocketStack(scope, id, props),
});
