import * as v from 'valibot';
import { UnsupportedTemplateError } from './assembly/errors.ts';
import type { Resource } from './assembly/resolve.ts';
import { AwsError } from './endpoint/aws-error.ts';

/** A resource with the properties that its emulation reads. */
export interface Declared<P> {
  readonly resource: Resource;
  readonly properties: P;
}

/**
 * The resources of a type, with their properties checked. Properties that the schema leaves out have no
 * effect locally.
 * @throws UnsupportedTemplateError naming resource and property if one has a shape that cannot be emulated
 */
export function declared<S extends v.GenericSchema>(
  resources: readonly Resource[],
  type: string,
  schema: S,
): readonly Declared<v.InferOutput<S>>[] {
  return resources.filter((resource) => resource.type === type).map((resource) => ({ resource, properties: parse(resource, schema) }));
}

/**
 * Creates something from each resource of a type.
 * @throws UnsupportedTemplateError naming the resource for which `make` has thrown
 */
export function fromDeclared<S extends v.GenericSchema, T>(
  resources: readonly Resource[],
  type: string,
  schema: S,
  make: (declaration: Declared<v.InferOutput<S>>) => T,
): readonly T[] {
  return declared(resources, type, schema).map((declaration) => blaming(declaration.resource, () => make(declaration)));
}

/** Runs `make` for a resource. If it fails, the error names the resource, unless it already names another. */
export function blaming<T>(resource: Resource, make: () => T): T {
  try {
    return make();
  } catch (error) {
    if (error instanceof UnsupportedTemplateError && error.resource === undefined) {
      throw new UnsupportedTemplateError(error.message, { cause: error, resource, reason: error.reason });
    }
    // An error of a service's API, for example because a queue has an attribute that is not emulated.
    if (error instanceof AwsError) {
      throw new UnsupportedTemplateError(`${nameOf(resource)}: ${error.message}`, { cause: error, resource, reason: error.message });
    }
    throw error;
  }
}

function parse<S extends v.GenericSchema>(resource: Resource, schema: S): v.InferOutput<S> {
  const result = v.safeParse(schema, resource.properties);
  if (result.success) return result.output;
  const [issue] = result.issues;
  const reason = `${v.getDotPath(issue) ?? 'its properties'} cannot be emulated: ${issue.message}`;
  throw new UnsupportedTemplateError(`${nameOf(resource)}: ${reason}`, { resource, reason });
}

function nameOf({ type, logicalId, stack }: Resource): string {
  return `${type} ${logicalId} in stack ${stack}`;
}
