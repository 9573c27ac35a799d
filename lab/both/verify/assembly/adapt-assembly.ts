import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ACCESS_ENV } from '../../../../backbone/contract.ts';
import { WEBSOCKET_ENV } from '../../../../lambda/websocket/contract.ts';
import type { TemplateValue } from '../../../../packages/assembly-local/assembly/read.ts';
import { adaptTemplate, type LeftOut, type TemplateChanges } from './adapt-template.ts';
import { LEFT_OUT, type LeftOutTypes } from './left-out.ts';
import { isList } from './template.ts';
import { writeTemplate } from './write-template.ts';

/** What templates cannot know: where the emulator is, and whose tokens count on this machine. */
export interface Addresses {
  /** The emulator, as its functions reach it. */
  readonly endpoint: string;
  readonly issuer: string;
  readonly audience: string;
  readonly jwksUri: string;
}

/** The image of the SSE service is a file asset like no other: to publish it, the CDK would have to build it. */
const IMAGE_REASON = 'publishing it means building it with Docker, and emulators run no containers: its bundle runs as processes here';

/**
 * Adapts the templates of an assembly in place, and takes its container images out of what is to be published.
 * @param addresses undefined leaves those that were synthesized
 * @returns what is not deployed
 */
export function adaptAssembly(directory: string, addresses: Addresses | undefined, leftOut: LeftOutTypes = LEFT_OUT): readonly LeftOut[] {
  const changes: TemplateChanges = {
    elsewhere: addresses === undefined ? {} : pointTo(addresses),
    leftOut,
  };
  return readdirSync(directory).flatMap((name) => {
    if (name.endsWith('.template.json')) return adaptTemplateFile(directory, name, changes);
    return name.endsWith('.assets.json') ? dropImages(join(directory, name)) : [];
  });
}

function adaptTemplateFile(directory: string, name: string, changes: TemplateChanges): readonly LeftOut[] {
  const { template, leftOut } = adaptTemplate(readJson(join(directory, name)), changes);
  writeTemplate(directory, name, template);
  return leftOut;
}

function dropImages(file: string): readonly LeftOut[] {
  const { dockerImages = {}, ...assets } = readJson(file);
  writeFileSync(file, JSON.stringify(assets));
  const images = Object.values<{ readonly displayName: string }>(dockerImages);
  return images.map(({ displayName }) => ({ logicalId: displayName, type: 'container image', reason: IMAGE_REASON }));
}

function pointTo({ endpoint, issuer, audience, jwksUri }: Addresses): TemplateChanges['elsewhere'] {
  return {
    [WEBSOCKET_ENV.managementEndpoint]: (declared) => managementEndpoint(declared, endpoint),
    [ACCESS_ENV.issuer]: () => issuer,
    [ACCESS_ENV.audience]: () => audience,
    [ACCESS_ENV.jwksUri]: () => jwksUri,
  };
}

/** The management endpoint of an API's stage is not what the template declares. */
export class UnknownEndpointError extends Error {
  override readonly name = 'UnknownEndpointError';
}

/** Makes `https://<API>.execute-api.<region>.<suffix>/<stage>` the emulator's `…/_aws/execute-api/<API>/<stage>`. */
function managementEndpoint(declared: TemplateValue, endpoint: string): TemplateValue {
  const joined = declared !== null && typeof declared === 'object' && !isList(declared) ? declared['Fn::Join'] : undefined;
  const parts = isList(joined) && isList(joined[1]) ? joined[1] : [];
  const [scheme, api] = parts;
  const stage = parts.at(-1);
  if (scheme !== 'https://' || api === undefined || typeof stage !== 'string') {
    throw new UnknownEndpointError(`not the address of an API's stage: ${JSON.stringify(declared)}`);
  }
  return { 'Fn::Join': ['', [`${endpoint}/_aws/execute-api/`, api, stage.slice(stage.indexOf('/'))]] };
}

function readJson(file: string) {
  return JSON.parse(readFileSync(file, 'utf8'));
}
