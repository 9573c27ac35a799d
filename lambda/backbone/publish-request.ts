import * as v from 'valibot';
import { PUBLISH_DETAIL_TYPE } from '../../backbone/contract.ts';
import type { KindOf } from '../../backbone/domain/channel-kind.ts';
import { INVOCATIONS, type KeyScope, scopeOfEvents } from '../../backbone/domain/key-scope.ts';
import { type Publication, parseByKind, publicationFields } from '../../backbone/domain/publication.ts';
import { InvalidInputError, quote } from '../../packages/protocol/invalid-input.ts';

const Fields = v.looseObject({});

const EventBridgeEvent = v.looseObject({
  'detail-type': v.literal(PUBLISH_DETAIL_TYPE),
  id: v.pipe(v.string(), v.nonEmpty()),
  account: v.string(),
  source: v.string(),
  detail: Fields,
});

export type PublishRequest = Asked & Publication;

interface Asked {
  /** Whose idempotency key it is. */
  readonly scope: KeyScope;
  /** Nobody reads the answer to an EventBridge event: only a failed invocation is tried again. */
  readonly isFromBus: boolean;
}

/**
 * Reads what an invocation asks to publish: the object `{channel, type?, data, encoding?, key?}` or
 * `{channel, events, key?}` itself, with `conflationKey` on `latest` channels, or an EventBridge event that carries it as `detail`. EventBridge delivers at least once, so the id of its event
 * is the key if none is given.
 * @throws InvalidInputError
 */
export function toPublicationRequest(invocation: unknown, kindOf: KindOf): PublishRequest {
  if (!v.is(Fields, invocation) || Array.isArray(invocation)) {
    throw new InvalidInputError(
      'invalid_body',
      `${quote(invocation)} is not an object {channel, type?, data, encoding?, key?} or {channel, events, key?}`,
    );
  }
  if (!('detail-type' in invocation)) {
    return { ...parseByKind(publicationFields(invocation), kindOf), scope: INVOCATIONS, isFromBus: false };
  }
  const event = v.safeParse(EventBridgeEvent, invocation);
  if (!event.success) {
    const [issue] = event.issues;
    throw new InvalidInputError('invalid_body', `EventBridge event, ${v.getDotPath(issue)}: ${issue.message}`);
  }
  const { id, account, source, detail } = event.output;
  const input = publicationFields(detail);
  const key = input.key ?? `eventbridge:${id}`;
  return { ...parseByKind({ ...input, key }, kindOf), scope: scopeOfEvents(account, source), isFromBus: true };
}
