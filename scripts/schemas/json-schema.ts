import { toJsonSchemaDefs } from '@valibot/to-json-schema';
import type { GenericSchema } from 'valibot';

/** A JSON value that a document is made of. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/** A generated file: its path from the root of the repository, and its content. */
export interface SchemaDocument {
  readonly path: string;
  readonly content: Json;
}

/**
 * Schemas as the entries of `components.schemas`. Where one contains another, it refers to it.
 * @param target the draft that the document uses: OpenAPI 3.1 has 2020-12, AsyncAPI 3 has draft 7
 */
export function componentsOf(schemas: Readonly<Record<string, GenericSchema>>, target: 'draft-07' | 'draft-2020-12'): Json {
  return toJsonSchemaDefs(schemas, { target, overrideRef: ({ referenceId }) => referenceTo('schemas', referenceId).$ref }) as Json;
}

/** A reference to a component of the same document. */
export function referenceTo(kind: 'schemas' | 'messages' | 'responses' | 'parameters', name: string): { readonly $ref: string } {
  return { $ref: `#/components/${kind}/${name}` };
}
