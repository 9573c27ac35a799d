import * as v from 'valibot';
import { UnsupportedTemplateError } from '../assembly/errors.ts';
import type { Resource } from '../assembly/resolve.ts';
import { declared, fromDeclared } from '../declared.ts';
import type { Functions } from '../functions/functions.ts';
import type { LambdaFunction } from '../functions/lambda-function.ts';
import type { Log } from '../log.ts';
import { type Integration, stageArn, type WebSocketApi } from './gateway.ts';
import type { ApiIdentity } from './proxy-events.ts';
import { parseRouteSelection } from './route-selection.ts';

const apiProperties = v.object({
  ProtocolType: v.literal('WEBSOCKET', 'only WebSocket APIs are supported locally'),
  RouteSelectionExpression: v.string(),
});

const stageProperties = v.object({ ApiId: v.string(), StageName: v.string() });

const routeProperties = v.object({
  ApiId: v.string(),
  RouteKey: v.string(),
  Target: v.string(),
  AuthorizationType: v.optional(v.literal('NONE', 'authorizers are not supported locally'), 'NONE'),
});

const integrationProperties = v.object({
  IntegrationType: v.literal('AWS_PROXY', 'only Lambda proxy integrations are supported locally'),
  IntegrationUri: v.string(),
  // API Gateway allows at most 29 s for WebSocket APIs.
  TimeoutInMillis: v.optional(v.number(), 29_000),
});

/** The WebSocket APIs that the templates declare, each with its only stage. */
export function webSocketApisFromResources(resources: readonly Resource[], functions: Functions, log: Log): readonly WebSocketApi[] {
  const stages = declared(resources, 'AWS::ApiGatewayV2::Stage', stageProperties);
  const routes = declared(resources, 'AWS::ApiGatewayV2::Route', routeProperties);
  const integrations = new Map(
    fromDeclared(resources, 'AWS::ApiGatewayV2::Integration', integrationProperties, ({ resource, properties }) => [
      `integrations/${resource.ref}`,
      { fn: invokedBy(resource, properties, functions), timeoutMs: properties.TimeoutInMillis },
    ]),
  );
  return fromDeclared(resources, 'AWS::ApiGatewayV2::Api', apiProperties, ({ resource, properties }) => {
    const [stage, ...others] = stages.filter((candidate) => candidate.properties.ApiId === resource.ref);
    if (stage === undefined || others.length > 0) {
      throw new UnsupportedTemplateError(
        `API ${resource.logicalId}: needs one stage locally, has ${stage === undefined ? 0 : others.length + 1}`,
      );
    }
    const own = routes.filter((route) => route.properties.ApiId === resource.ref);
    const identity = { apiId: resource.ref, stage: stage.properties.StageName, region: resource.region };
    return {
      ...identity,
      selectRoute: parseRouteSelection(properties.RouteSelectionExpression),
      routes: new Map(
        own.map((route) => {
          const integration = integrations.get(route.properties.Target);
          const { RouteKey } = route.properties;
          if (integration !== undefined) return [RouteKey, toIntegration(identity, RouteKey, integration, log)];
          throw new UnsupportedTemplateError(`route ${route.resource.logicalId}: there is no integration ${route.properties.Target}`, {
            resource: route.resource,
          });
        }),
      ),
    };
  });
}

function invokedBy(
  resource: Resource,
  { IntegrationUri }: v.InferOutput<typeof integrationProperties>,
  functions: Functions,
): LambdaFunction {
  const [, functionArn] = /\/functions\/(.+)\/invocations$/.exec(IntegrationUri) ?? [];
  if (functionArn === undefined) {
    throw new UnsupportedTemplateError(`integration ${resource.logicalId}: ${IntegrationUri} invokes no function`);
  }
  return functions.find(functionArn);
}

/** API Gateway may invoke only what the function's own policy allows, route by route. */
function toIntegration(
  api: ApiIdentity,
  routeKey: string,
  { fn, timeoutMs }: { readonly fn: LambdaFunction; readonly timeoutMs: number },
  log: Log,
): Integration {
  const caller = { service: 'apigateway.amazonaws.com', sourceArn: `${stageArn(api)}/${routeKey}` };
  return {
    timeoutMs,
    invoke: async (event) => {
      if (fn.lets(caller)) return fn.invoke(JSON.stringify(event));
      log.notice(
        'iam',
        `AccessDenied: API Gateway may not invoke ${fn.arn} for ${caller.sourceArn}: no permission of the function allows it`,
      );
      return 'forbidden';
    },
  };
}
