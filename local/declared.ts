import * as v from 'valibot';
import { UnsupportedTemplateError } from './assembly/errors.ts';
import type { Resource } from './assembly/resolve.ts';

/** A resource with the properties that its emulation reads. */
export interface Declared<P> {
  readonly resource: Resource;
  readonly properties: P;
}

/**
 * The resources of a type, their properties checked. Properties that the schema leaves out have no effect locally.
 * @throws UnsupportedTemplateError naming resource and property when one has a shape that cannot be emulated
 */
export function declared<S extends v.GenericSchema>(
  resources: readonly Resource[],
  type: string,
  schema: S,
): readonly Declared<v.InferOutput<S>>[] {
  return resources.filter((resource) => resource.type === type).map((resource) => ({ resource, properties: parse(resource, schema) }));
}

function parse<S extends v.GenericSchema>(resource: Resource, schema: S): v.InferOutput<S> {
  const result = v.safeParse(schema, resource.properties);
  if (result.success) return result.output;
  const [issue] = result.issues;
  const path = v.getDotPath(issue) ?? '';
  throw new UnsupportedTemplateError(
    `${resource.type} ${resource.logicalId} in stack ${resource.stack}: ${path} cannot be emulated: ${issue.message}`,
  );
}
