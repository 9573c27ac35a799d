import type { TemplateValue } from '../../../../packages/assembly-local/assembly/read.ts';
import { kindOf, LEFT_OUT, type LeftOutTypes } from './left-out.ts';
import { attributeOf, isList, type Resource, references, rewrite, type Template } from './template.ts';

/** A resource that is not deployed. */
export interface LeftOut {
  readonly logicalId: string;
  readonly type: string;
  readonly reason: string;
}

/** Values for environment keys of functions and containers, in the place of those that name hosts of AWS. */
export type Elsewhere = Readonly<Record<string, (declared: TemplateValue) => TemplateValue>>;

export interface TemplateChanges {
  readonly elsewhere: Elsewhere;
  /** @default what MiniStack does not take */
  readonly leftOut?: LeftOutTypes;
}

export interface AdaptedTemplate {
  readonly template: Template;
  readonly leftOut: readonly LeftOut[];
}

/**
 * The template as far as the emulator takes it: without the types that are left out, without what makes no sense
 * without them, and with the environment pointing at this machine. Everything else stays as it was synthesized.
 */
export function adaptTemplate(template: Template, { elsewhere, leftOut: types = LEFT_OUT }: TemplateChanges): AdaptedTemplate {
  const leftOut = findLeftOut(template, types);
  const gone = new Set(leftOut.map(({ logicalId }) => logicalId));
  const isGone = (id: string) => gone.has(id);
  const kept = Object.entries(template.Resources).filter(([id]) => !isGone(id));
  const pools = new Set(kept.flatMap(([id, { Type }]) => (Type === 'AWS::Cognito::UserPool' ? [id] : [])));
  const adapted: Template = {
    ...template,
    Resources: Object.fromEntries(
      kept.map(([id, resource]) => [id, withTaskCount(adaptResource(resource, isGone, elsewhere), id, template)]),
    ),
    Outputs: Object.fromEntries(Object.entries(template.Outputs ?? {}).filter(([, { Value }]) => !references(Value).some(isGone))),
  };
  return { template: spellOutProviderUrl(adapted, pools), leftOut };
}

/** What is on the list, and what refers to something that is left out: a route through a NAT gateway, the policy of a scalable target. */
function findLeftOut({ Resources }: Template, types: LeftOutTypes): readonly LeftOut[] {
  const left = new Map<string, LeftOut>();
  for (let found = -1; found < left.size; ) {
    found = left.size;
    for (const [logicalId, resource] of Object.entries(Resources)) {
      if (left.has(logicalId)) continue;
      const missing = references(resource.Properties).find((id) => left.has(id));
      const reason =
        types[resource.Type] ??
        types[kindOf(resource)] ??
        (missing === undefined ? undefined : `it refers to ${missing}, which is left out`);
      if (reason !== undefined) left.set(logicalId, { logicalId, type: resource.Type, reason });
    }
  }
  return [...left.values()];
}

/** A service whose number of tasks is left to autoscaling, which is left out, starts with the fewest that it may have. */
function withTaskCount(resource: Resource, logicalId: string, { Resources }: Template): Resource {
  if (resource.Type !== 'AWS::ECS::Service') return resource;
  const target = Object.values(Resources).find(
    ({ Type, Properties }) => Type === 'AWS::ApplicationAutoScaling::ScalableTarget' && references(Properties).includes(logicalId),
  );
  const count = target?.Properties?.['MinCapacity'];
  return count === undefined ? resource : { ...resource, Properties: { DesiredCount: count, ...resource.Properties } };
}

function adaptResource(resource: Resource, isGone: (id: string) => boolean, elsewhere: Elsewhere): Resource {
  const { DependsOn, UpdatePolicy, Properties, ...rest } = resource;
  const dependencies = [DependsOn ?? []].flat().filter((id) => !isGone(id));
  return {
    ...rest,
    ...(Properties !== undefined && { Properties: pointElsewhere(Properties, elsewhere) }),
    ...(dependencies.length > 0 && { DependsOn: dependencies }),
    ...(UpdatePolicy !== undefined && !references(UpdatePolicy).some(isGone) && { UpdatePolicy }),
  };
}

/** In the environment of functions, `Variables: { key: value }`, and of containers, `[{ Name, Value }]`. */
function pointElsewhere(properties: NonNullable<Resource['Properties']>, elsewhere: Elsewhere): NonNullable<Resource['Properties']> {
  const inside = (value: TemplateValue): TemplateValue => rewrite(value, replace);
  const replace = (object: { readonly [key: string]: TemplateValue }): TemplateValue | undefined => {
    const { Name, Value, Variables } = object;
    if (typeof Name === 'string' && Value !== undefined) {
      const point = elsewhere[Name];
      return point === undefined ? undefined : { ...object, Value: point(Value) };
    }
    if (Variables === undefined || Variables === null || typeof Variables !== 'object' || isList(Variables)) return undefined;
    const pointed = Object.entries(Variables).map(([key, value]) => [key, elsewhere[key]?.(value) ?? value]);
    return { ...object, Variables: Object.fromEntries(pointed) };
  };
  return Object.fromEntries(Object.entries(properties).map(([name, value]) => [name, inside(value)]));
}

/** MiniStack's user pools lack the attribute `ProviderURL`, which is `https://` and the attribute `ProviderName`. */
function spellOutProviderUrl(template: Template, pools: ReadonlySet<string>): Template {
  const spelled = rewrite(template as unknown as TemplateValue, (object) => {
    const named = attributeOf(object['Fn::GetAtt']);
    if (named?.attribute !== 'ProviderURL' || !pools.has(named.logicalId)) return undefined;
    return { 'Fn::Join': ['', ['https://', { 'Fn::GetAtt': [named.logicalId, 'ProviderName'] }]] };
  });
  return spelled as unknown as Template;
}
