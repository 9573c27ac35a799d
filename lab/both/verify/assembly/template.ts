import type { TemplateValue } from '../../../../packages/assembly-local/assembly/read.ts';

export interface Resource {
  readonly Type: string;
  readonly Properties?: { readonly [name: string]: TemplateValue };
  readonly DependsOn?: string | readonly string[];
  readonly UpdatePolicy?: TemplateValue;
}

/** A CloudFormation template with all that it holds, so that it can be written again. */
export interface Template {
  readonly Resources: Readonly<Record<string, Resource>>;
  readonly Outputs?: Readonly<Record<string, Output>>;
}

export interface Output {
  readonly Value: TemplateValue;
  readonly Export?: { readonly Name: string };
}

/** Logical ids that a value refers to by `Ref`, `Fn::GetAtt` or `Fn::Sub`; pseudo parameters too. */
export function references(value: TemplateValue | undefined): readonly string[] {
  if (value === undefined || value === null || typeof value !== 'object') return [];
  if (isList(value)) return value.flatMap(references);
  return Object.entries(value).flatMap(([key, inner]) => {
    if (key === 'Ref' && typeof inner === 'string') return [inner];
    if (key === 'Fn::GetAtt') return [attributeOf(inner)?.logicalId ?? ''];
    if (key === 'Fn::Sub') return [...inSub(inner), ...references(inner)];
    return references(inner);
  });
}

/** What `Fn::GetAtt` names, in either of its forms. */
export function attributeOf(value: TemplateValue | undefined): { readonly logicalId: string; readonly attribute: string } | undefined {
  const text = isList(value) ? value.join('.') : value;
  if (typeof text !== 'string') return undefined;
  const dot = text.indexOf('.');
  return dot < 0 ? undefined : { logicalId: text.slice(0, dot), attribute: text.slice(dot + 1) };
}

/** The value with every object in it replaced by what `replace` makes of it; undefined keeps it, and looks inside. */
export function rewrite(
  value: TemplateValue,
  replace: (object: { readonly [key: string]: TemplateValue }) => TemplateValue | undefined,
): TemplateValue {
  if (value === null || typeof value !== 'object') return value;
  if (isList(value)) return value.map((item) => rewrite(item, replace));
  const replacement = replace(value);
  if (replacement !== undefined) return replacement;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, rewrite(inner, replace)]));
}

// `Array.isArray` does not narrow a readonly list.
export const isList = (value: TemplateValue | undefined): value is readonly TemplateValue[] => Array.isArray(value);

function inSub(value: TemplateValue): readonly string[] {
  const text = isList(value) ? value[0] : value;
  if (typeof text !== 'string') return [];
  // `${!Literal}` is text.
  return [...text.matchAll(/\$\{([^!}.][^}.]*)/g)].map(([, name = '']) => name);
}
