import * as v from 'valibot';
import { ACCESS_ENV } from '../../../backbone/contract.ts';
import type { Resource } from '../assembly/resolve.ts';
import { declared } from '../declared.ts';

/** The issuer whose tokens the functions and services of the templates accept. */
export interface DeclaredIssuer {
  readonly url: string;
  readonly audience: string;
  readonly jwksUri: string;
}

const functionProperties = v.object({
  Environment: v.optional(v.object({ Variables: v.optional(v.record(v.string(), v.string()), {}) }), {}),
});

const taskDefinitionProperties = v.object({
  ContainerDefinitions: v.array(v.object({ Environment: v.optional(v.array(v.object({ Name: v.string(), Value: v.string() })), []) })),
});

/** The one issuer that the environments name; undefined if nothing checks tokens. */
export function issuerFromResources(resources: readonly Resource[]): DeclaredIssuer | undefined {
  const environments = [
    ...declared(resources, 'AWS::Lambda::Function', functionProperties).map(({ properties }) => properties.Environment.Variables ?? {}),
    ...declared(resources, 'AWS::ECS::TaskDefinition', taskDefinitionProperties).flatMap(({ properties }) =>
      properties.ContainerDefinitions.map(({ Environment }) => Object.fromEntries(Environment.map(({ Name, Value }) => [Name, Value]))),
    ),
  ];
  for (const environment of environments) {
    const url = environment[ACCESS_ENV.issuer];
    const audience = environment[ACCESS_ENV.audience];
    const jwksUri = environment[ACCESS_ENV.jwksUri];
    if (url !== undefined && audience !== undefined && jwksUri !== undefined) return { url, audience, jwksUri };
  }
  return undefined;
}
