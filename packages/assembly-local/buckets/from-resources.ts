import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import * as v from 'valibot';
import { UnsupportedTemplateError } from '../assembly/errors.ts';
import type { Assembly } from '../assembly/read.ts';
import type { Resource } from '../assembly/resolve.ts';
import { type Addresses, localize } from '../assembly/rewrite.ts';
import { fromDeclared } from '../declared.ts';
import { textMatcher } from '../iam/wildcard.ts';
import { type Bucket, mediaTypeOf } from './bucket.ts';

const deploymentProperties = v.object({
  SourceObjectKeys: v.array(v.string()),
  SourceMarkers: v.optional(v.array(v.record(v.string(), v.string())), []),
  SourceMarkersConfig: v.optional(
    v.array(
      v.object({
        jsonEscape: v.optional(v.boolean(), false),
        markerEncodings: v.optional(v.never('encodings of single markers are not supported locally')),
      }),
    ),
    [],
  ),
  DestinationBucketName: v.string(),
  DestinationBucketKeyPrefix: v.optional(v.string(), ''),
  Extract: v.optional(v.literal(true, 'archives are always extracted locally'), true),
  Exclude: v.optional(v.array(v.string()), []),
  Include: v.optional(v.pipe(v.array(v.string()), v.maxLength(0, 'inclusions are not supported locally')), []),
  SystemMetadata: v.optional(v.object({ 'cache-control': v.optional(v.string()) }), {}),
});

/** The buckets that the templates declare, without files. */
export function bucketsFromResources(resources: readonly Resource[]): readonly Bucket[] {
  return resources
    .filter(({ type }) => type === 'AWS::S3::Bucket')
    .map(({ name, attributes }) => ({ name, host: attributes['RegionalDomainName'] ?? '', objects: new Map() }));
}

/**
 * Does what each of the CDK's `BucketDeployment`s does in a deploy: copies its sources into its bucket, and
 * replaces markers with the values that are known during the deploy. The bucket is empty before, so nothing
 * has to be pruned.
 */
export function deployFiles(
  resources: readonly Resource[],
  buckets: readonly Bucket[],
  { assembly, addresses }: { readonly assembly: Assembly; readonly addresses: Addresses },
): void {
  fromDeclared(resources, 'Custom::CDKBucketDeployment', deploymentProperties, ({ resource, properties }) => {
    const bucket = buckets.find(({ name }) => name === properties.DestinationBucketName);
    if (bucket === undefined) throw new UnsupportedTemplateError(`${resource.logicalId}: its bucket is not in this assembly`);
    const excluded = properties.Exclude.map(textMatcher);
    for (const [index, objectKey] of properties.SourceObjectKeys.entries()) {
      const directory = assembly.files.get(objectKey);
      if (directory === undefined)
        throw new UnsupportedTemplateError(`${resource.logicalId}: ${objectKey} is not an asset of the assembly`);
      const encode = properties.SourceMarkersConfig[index]?.jsonEscape === true ? jsonEscape : asIs;
      const markers = Object.entries(properties.SourceMarkers[index] ?? {});
      for (const path of filesOf(directory)) {
        if (excluded.some((matches) => matches(path))) continue;
        const key = properties.DestinationBucketKeyPrefix === '' ? path : `${properties.DestinationBucketKeyPrefix}/${path}`;
        const file = readFileSync(join(directory, path));
        bucket.objects.set(key, {
          // Configuration files contain addresses, in full or as markers. Other files may not be text.
          body:
            path.endsWith('.json') || markers.length > 0 ? Buffer.from(localize(fill(file.toString(), markers, encode), addresses)) : file,
          contentType: mediaTypeOf(key),
          cacheControl: properties.SystemMetadata['cache-control'],
        });
      }
    }
  });
}

function filesOf(directory: string): readonly string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(directory, join(entry.parentPath, entry.name)).split(sep).join('/'));
}

function fill(text: string, markers: readonly (readonly [string, string])[], encode: (value: string) => string): string {
  return markers.reduce((filled, [marker, value]) => filled.replaceAll(marker, () => encode(value)), text);
}

const asIs = (value: string): string => value;

const jsonEscape = (value: string): string => JSON.stringify(value).slice(1, -1);
