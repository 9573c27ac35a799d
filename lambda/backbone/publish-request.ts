import * as v from 'valibot';
import { PUBLISH_DETAIL_TYPE } from '../../backbone/contract.ts';
import { type NewEvent, parseNewEvent } from '../../backbone/domain/event.ts';
import { INVOCATIONS, type KeyScope, scopeOfEvents } from '../../backbone/domain/key-scope.ts';
import { InvalidInputError, quote } from '../../packages/protocol/invalid-input.ts';

const Fields = v.looseObject({});

const EventBridgeEvent = v.looseObject({
  'detail-type': v.literal(PUBLISH_DETAIL_TYPE),
  id: v.pipe(v.string(), v.nonEmpty()),
  account: v.string(),
  source: v.string(),
  detail: Fields,
});

export interface PublishRequest {
  readonly publication: NewEvent;
  /** Whose its idempotency key is. */
  readonly scope: KeyScope;
}

/**
 * What an invocation asks to publish: the object `{channel, type?, data, key?}` itself, or an EventBridge event that
 * carries it as `detail`. EventBridge delivers at least once, so its event's id is the key where none is given.
 * @throws InvalidInputError
 */
export function toPublicationRequest(invocation: unknown): PublishRequest {
  if (!v.is(Fields, invocation) || Array.isArray(invocation)) {
    throw new InvalidInputError('invalid_body', `${quote(invocation)} is not an object {channel, type?, data, key?}`);
  }
  if (!('detail-type' in invocation)) return { publication: parseNewEvent(toInput(invocation)), scope: INVOCATIONS };
  const event = v.safeParse(EventBridgeEvent, invocation);
  if (!event.success) {
    const [issue] = event.issues;
    throw new InvalidInputError('invalid_body', `EventBridge event, ${v.getDotPath(issue)}: ${issue.message}`);
  }
  const { id, account, source, detail } = event.output;
  const input = toInput(detail);
  const publication = parseNewEvent({ ...input, key: input.key ?? `eventbridge:${id}` });
  return { publication, scope: scopeOfEvents(account, source) };
}

function toInput(fields: Readonly<Record<string, unknown>>): Parameters<typeof parseNewEvent>[0] {
  return { channel: fields['channel'], type: fields['type'], data: fields['data'], key: fields['key'] };
}
