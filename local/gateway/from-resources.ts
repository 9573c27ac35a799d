import * as v from 'valibot';
import { UnsupportedTemplateError } from '../assembly/errors.ts';
import type { Resource } from '../assembly/resolve.ts';
import { declared } from '../declared.ts';
import type { Functions } from '../functions/functions.ts';
import type { Integration, WebSocketApi } from './gateway.ts';
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

/** The WebSocket APIs that the templates declare, each with its one stage. */
export function webSocketApisFromResources(resources: readonly Resource[], functions: Functions): readonly WebSocketApi[] {
  const stages = declared(resources, 'AWS::ApiGatewayV2::Stage', stageProperties);
  const routes = declared(resources, 'AWS::ApiGatewayV2::Route', routeProperties);
  const integrations = new Map(
    declared(resources, 'AWS::ApiGatewayV2::Integration', integrationProperties).map(({ resource, properties }) => [
      `integrations/${resource.ref}`,
      toIntegration(resource, properties, functions),
    ]),
  );
  return declared(resources, 'AWS::ApiGatewayV2::Api', apiProperties).map(({ resource, properties }) => {
    const [stage, ...others] = stages.filter((candidate) => candidate.properties.ApiId === resource.ref);
    if (stage === undefined || others.length > 0) {
      throw new UnsupportedTemplateError(
        `API ${resource.logicalId}: needs one stage locally, has ${stage === undefined ? 0 : others.length + 1}`,
      );
    }
    const own = routes.filter((route) => route.properties.ApiId === resource.ref);
    return {
      apiId: resource.ref,
      stage: stage.properties.StageName,
      region: resource.region,
      selectRoute: parseRouteSelection(properties.RouteSelectionExpression),
      routes: new Map(
        own.map((route) => {
          const integration = integrations.get(route.properties.Target);
          if (integration !== undefined) return [route.properties.RouteKey, integration];
          throw new UnsupportedTemplateError(`route ${route.resource.logicalId}: there is no integration ${route.properties.Target}`);
        }),
      ),
    };
  });
}

function toIntegration(resource: Resource, properties: v.InferOutput<typeof integrationProperties>, functions: Functions): Integration {
  const [, functionArn] = /\/functions\/(.+)\/invocations$/.exec(properties.IntegrationUri) ?? [];
  if (functionArn === undefined) {
    throw new UnsupportedTemplateError(`integration ${resource.logicalId}: ${properties.IntegrationUri} invokes no function`);
  }
  const fn = functions.find(functionArn);
  return { timeoutMs: properties.TimeoutInMillis, invoke: (event) => fn.invoke(JSON.stringify(event)) };
}
