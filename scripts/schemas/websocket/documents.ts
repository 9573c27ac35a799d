import type { SchemaDocument } from '../json-schema.ts';
import { asyncapi } from './asyncapi.ts';

export const documents: readonly SchemaDocument[] = [{ path: 'docs/websocket/asyncapi.json', content: asyncapi() }];
