import type { SchemaDocument } from '../json-schema.ts';
import { asyncapi } from './asyncapi.ts';
import { openapi } from './openapi.ts';

export const documents: readonly SchemaDocument[] = [
  { path: 'docs/sse/openapi.json', content: openapi() },
  { path: 'docs/sse/asyncapi.json', content: asyncapi() },
];
