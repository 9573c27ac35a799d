import { parseChannel } from '../../packages/protocol/channel.ts';
import type { ChannelKind } from '../../packages/protocol/index.ts';
import { type NewBatch, type PublicationInput, parsePublication } from './batch.ts';
import type { KindOf } from './channel-kind.ts';
import type { NewEvent } from './event.ts';
import type { NewLatestEvent } from './latest-event.ts';
import { type NewLatestBatch, parseLatestPublication } from './latest-publication.ts';

/** What a caller wants to publish, validated and normalized, with the kind of its channel. */
export type Publication =
  | { readonly kind: 'latest'; readonly publication: NewLatestEvent | NewLatestBatch }
  | { readonly kind: Exclude<ChannelKind, 'latest'>; readonly publication: NewEvent | NewBatch };

/** The fields of a publication, out of all fields that a caller has sent. */
export function publicationFields(fields: Readonly<Record<string, unknown>>): PublicationInput {
  const { channel, type, data, encoding, events, key, conflationKey, removed } = fields;
  return { channel, type, data, encoding, events, key, conflationKey, removed };
}

/**
 * Validates what a caller wants to publish as its channel's kind requires, whichever entrance it used.
 * @throws InvalidInputError
 */
export function parseByKind(input: PublicationInput, kindOf: KindOf): Publication {
  const kind = kindOf(parseChannel(input.channel));
  return kind === 'latest' ? { kind, publication: parseLatestPublication(input) } : { kind, publication: parsePublication(input) };
}
